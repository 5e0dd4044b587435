"""Opening hours and closures, a batch at a time: all of it or nothing, as locations are saved."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter

from ovunque.access.model import Actor
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.rows import Faults, codes_of, known
from ovunque.kernel.text import is_code
from ovunque.network import events, rules, store
from ovunque.network.model import Closure, ClosureRequest, OpeningHours, OpeningHoursRequest
from ovunque.network.store import scheduling as hours_store
from ovunque.network.store.scheduling import ClosureKey
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.platform.rows import Rows

LIMIT_MAX = 1_000
FIRST_CLOSURE = ("", date.min)


def _hours_faults(tx: Tx, requests: Sequence[OpeningHoursRequest]) -> Iterator[Faults]:
    there = store.list_locations_of(tx, codes_of(each.location for each in requests))
    for each in requests:
        yield *rules.check_hours(each), *known("/location", each.location, there)


def _write_hours(tx: Tx, fresh: Mapping[str, OpeningHoursRequest], _: NewId) -> Sequence[Fact]:
    """The weeks of some locations; closures stand beside them."""
    hours_store.save_hours(tx, fresh.values())
    return [events.changed(events.HOURS, list(fresh))]


def _closure_faults(tx: Tx, requests: Sequence[ClosureRequest]) -> Iterator[Faults]:
    there = store.list_locations_of(tx, codes_of(each.location for each in requests))
    for each in requests:
        yield *rules.check_closure(each), *known("/location", each.location, there)


def _write_closures(tx: Tx, fresh: Mapping[ClosureKey, ClosureRequest], _: NewId) -> Sequence[Fact]:
    """Days unlike the others; a closure with the usual hours makes a day usual again."""
    hours_store.save_closures(tx, fresh.values())
    return [events.changed(events.HOURS, sorted({each.location for each in fresh.values()}))]


HOURS: Rows[str, OpeningHoursRequest, OpeningHours] = Rows(
    key=attrgetter("location"),
    field="/location",
    faults=_hours_faults,
    lock=hours_store.lock_hours,
    write=_write_hours,
    find=hours_store.list_hours_of,
)
CLOSURES: Rows[ClosureKey, ClosureRequest, Closure] = Rows(
    key=attrgetter("key"),
    field="/location",
    faults=_closure_faults,
    lock=hours_store.lock_closures,
    write=_write_closures,
    find=hours_store.list_closures_of,
)

save_hours, save_hours_of_one = HOURS.save, HOURS.save_one
save_closures, save_closure = CLOSURES.save, CLOSURES.save_one


def remove_closure(tx: Tx, by: Actor, location: str, day: date, now: datetime) -> None:
    """The day is like the others again; so it is, too, where nobody said otherwise."""
    if hours_store.remove_closure(tx, location, day):
        journal.record(tx, [events.changed(events.HOURS, [location])], by=by.name, at=now)


def find_hours(tx: Tx, location: str) -> OpeningHours:
    found = hours_store.list_hours_of(tx, _codes([location])).get(location)
    if found is None:
        raise Refusal("not_found", what=f"opening hours of {location[:64]}")
    return found


def find_closure(tx: Tx, location: str, day: date) -> Closure:
    keys = [(code, day) for code in _codes([location])]
    found = hours_store.list_closures_of(tx, keys).get((location, day))
    if found is None:
        raise Refusal("not_found", what=f"closure of {location[:64]} on {day}")
    return found


def _codes(told: Collection[str]) -> list[str]:
    return [each for each in told if is_code(each)]


def list_hours(tx: Tx, after: str = "", limit: int = 100) -> tuple[OpeningHours, ...]:
    """Opening hours behind a location's code, the next page of them."""
    assert 0 < limit <= LIMIT_MAX
    return hours_store.list_hours(tx, after, limit)


def list_closures(
    tx: Tx, after: tuple[str, date] = FIRST_CLOSURE, limit: int = 100
) -> tuple[Closure, ...]:
    """Closures behind a location's code and a day, the next page of them."""
    assert 0 < limit <= LIMIT_MAX
    return hours_store.list_closures(tx, after, limit)
