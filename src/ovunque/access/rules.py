"""Who may give what to whom, and what a key has to be."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from ovunque.access.model import CLIENT_NAME_LENGTH_MAX, Actor, Scope
from ovunque.kernel.refusal import Fault
from ovunque.kernel.text import normal


def beyond(by: Actor, scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """The scopes that an actor may not hand on, as it lacks them itself."""
    return tuple(sorted(scope for scope in scopes if not by.may(scope)))


def check_key(client: str, expires_at: datetime | None, now: datetime) -> Iterator[Fault]:
    """What is wrong with a key that is asked for."""
    if not 1 <= len(client.strip()) <= CLIENT_NAME_LENGTH_MAX:
        detail = f"A name has 1 to {CLIENT_NAME_LENGTH_MAX} characters."
        yield Fault("/client", "out_of_bounds", detail)
    if not client.isprintable() or normal(client) != client:
        yield Fault("/client", "malformed", "A name is one line that can be printed.")
    if expires_at is not None and expires_at <= now:
        yield Fault("/expires_at", "out_of_bounds", "This is in the past.")
