"""Every no that we say: its HTTP status, its words, its page in the docs."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from ovunque.kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    title: str
    text: str  # With the refusal's details as {placeholders}.


ANSWERS: Mapping[str, Answer] = {
    "busy": Answer(503, "Busy", "Too much is waiting for the database; try again in a moment."),
    "cursor_invalid": Answer(400, "Unknown cursor", "This cursor is not one of ours."),
    "database_unreachable": Answer(
        503, "Database unreachable", "The database cannot be reached: {detail}."
    ),
    "idempotency_key_missing": Answer(
        400,
        "Idempotency-Key missing",
        "This request needs an Idempotency-Key header of 1 to 255 characters.",
    ),
    "idempotency_key_reused": Answer(
        422, "Idempotency-Key reused", "This Idempotency-Key was used for another request."
    ),
    "idempotency_in_flight": Answer(
        409,
        "Still being answered",
        "The first request with this Idempotency-Key is still being answered.",
    ),
    "invalid": Answer(
        422, "Invalid request", "Something in this request is not as it should be: {detail}"
    ),
    "migration_changed": Answer(
        500,
        "Migration changed",
        "Migration {name} was changed after it had been applied to this database.",
    ),
    "not_found": Answer(404, "Not found", "There is no such thing here: {what}."),
    "out_of_stock": Answer(409, "Out of stock", "Not enough is available: {short}."),
    "queue_full": Answer(
        429, "Too many orders waiting", "The intake is full; try again in a second."
    ),
    "setting_invalid": Answer(
        400, "Setting invalid", "The setting {name} is not usable: {detail}."
    ),
}


def explain(refusal: Refusal) -> str:
    """The sentence for a person."""
    text = ANSWERS[refusal.code].text
    named = {name for _, name, _, _ in Formatter().parse(text) if name}
    return text.format(**{name: refusal.details.get(name, "") for name in named})


def status_of(refusal: Refusal) -> int:
    return ANSWERS[refusal.code].status
