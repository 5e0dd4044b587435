"""What the bodies of all routes are made of."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    StringConstraints,
    WithJsonSchema,
)

E6 = 1_000_000
RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
LOCAL_TIME = re.compile("(?:[01][0-9]|2[0-3]):[0-5][0-9]")
LINE_BREAKS = re.compile(r"[\t\n\r\u2028\u2029]")


class Body(BaseModel):
    """What a program sends: nothing is guessed, and no field is passed over."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Shown(BaseModel):
    """What a program gets: of a noun, the fields that are named here."""


def one_line(text: str) -> str:
    if not text.strip() or LINE_BREAKS.search(text):
        raise ValueError("This has to be one line with something in it.")
    return text


def read_instant(told: object) -> object:
    """RFC 3339 with its offset, as UTC: a time without one means another instant everywhere."""
    if isinstance(told, datetime):
        return told.astimezone(UTC)
    if not isinstance(told, str) or not RFC3339.fullmatch(told):
        raise ValueError("An instant is written like 2026-03-02T09:00:00Z.")
    try:
        return datetime.fromisoformat(told.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("There is no such instant.") from None


def show_instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_local_time(told: object) -> object:
    if isinstance(told, time):
        return told
    if not isinstance(told, str) or not LOCAL_TIME.fullmatch(told):
        raise ValueError("A local time is written like 17:30.")
    return time.fromisoformat(told)


Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(one_line)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(one_line)]
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
Language = Annotated[str, StringConstraints(pattern="^[a-z]{2}(-[A-Z]{2})?$")]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Instant = Annotated[
    datetime,
    BeforeValidator(read_instant),
    PlainSerializer(show_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]

Day = Annotated[date, Strict(False)]  # As in 2027-01-01.
LocalTime = Annotated[
    time,
    BeforeValidator(read_local_time),
    PlainSerializer(lambda told: told.strftime("%H:%M"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{LOCAL_TIME.pattern}$", "examples": ["17:30"]}),
]


def e6(degrees: float) -> int:
    """Degrees in millionths, so that equal places are equal."""
    return round(degrees * E6)
