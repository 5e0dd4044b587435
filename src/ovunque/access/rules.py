"""Who may give what to whom."""

from collections.abc import Iterable

from ovunque.access.model import Actor, Scope


def beyond(by: Actor, scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """The scopes that an actor may not hand on, as it lacks them itself."""
    return tuple(sorted(scope for scope in scopes if not by.may(scope)))
