"""What people call what programs know by a code: carriers, zones, protections, sources."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from ovunque.access.model import Actor
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.kernel.rows import Faults, Saved, text
from ovunque.kernel.text import is_code
from ovunque.network import events
from ovunque.network.model import NameableKind, Named
from ovunque.network.store import naming as store
from ovunque.platform import journal
from ovunque.platform.database import Tx

NAME_LENGTH_MAX = 80
LIMIT_MAX = 1_000


def list_given(tx: Tx) -> Mapping[tuple[str, str], str]:
    """All names that people read instead of codes, by kind and code; groups bring their own."""
    return store.list_given(tx)


def list_nameable(
    tx: Tx, kind: NameableKind | None = None, after: tuple[str, str] = ("", ""), limit: int = 100
) -> tuple[Named, ...]:
    """The next page of what may have a name, in the order of kinds and codes."""
    assert 0 < limit <= LIMIT_MAX
    return store.list_nameable(tx, kind, after, limit)


def give_name(tx: Tx, by: Actor, named: Named, now: datetime) -> None:
    """From now on people read this name; none: the code again."""
    give_names(tx, by, [named], now)


def give_names(
    tx: Tx, by: Actor, names: Sequence[Named], now: datetime, _: NewId | None = None
) -> Saved:
    """The same for several; a name that stands already is no change."""
    done = Counter(_give(tx, by, each, now) for each in names)
    return Saved(created=done["created"], changed=done["changed"], unchanged=done["unchanged"])


def _give(tx: Tx, by: Actor, named: Named, now: datetime) -> str:
    found = store.find_nameable(tx, named.kind, named.code) if is_code(named.code) else None
    if found is None:
        raise Refusal("not_found", what=f"{named.kind} {named.code[:64]}")
    if faults := check_name(named.name):
        raise Refusal("invalid", errors=faults, detail=faults[0].detail)
    if found.name == named.name:
        return "unchanged"
    if named.name is None:
        store.remove_given(tx, named.kind, named.code)
    else:
        store.save_given(tx, named.kind, named.code, named.name)
    fact = events.named(named.kind, named.code, named.name)
    journal.record(tx, [fact], by=by.name, at=now)
    return "created" if found.name is None else "changed"


def check_name(name: str | None) -> Faults:
    """One line that says what it seems to say: nothing in it that turns the writing around."""
    if name is not None and not name.isprintable():
        return (Fault("/name", "malformed", "A name is one line that can be printed."),)
    return text("/name", name, NAME_LENGTH_MAX)
