"""Opening hours and closures, a batch at a time: all of it or nothing, as locations are saved."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from ovunque.access.model import Actor
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.rows import (
    ROWS_MAX,
    Faults,
    Saved,
    codes_of,
    differs,
    faults_of_one,
    known,
    refuse_conflict,
    refuse_faults,
    repeated,
    tally,
)
from ovunque.kernel.text import is_code
from ovunque.network import events, rules, store
from ovunque.network.model import Closure, ClosureRequest, OpeningHours, OpeningHoursRequest
from ovunque.network.store import scheduling as hours_store
from ovunque.platform import journal
from ovunque.platform.database import Tx

LIMIT_MAX = 1_000
FIRST_CLOSURE = ("", date.min)


def save_hours(
    tx: Tx,
    by: Actor,
    requests: Sequence[OpeningHoursRequest],
    now: datetime,
    _: NewId,
    *,
    expected_version: int | None = None,
) -> Saved:
    """The weeks of some locations; closures stand beside them."""
    assert len(requests) <= ROWS_MAX
    locations = [each.location for each in requests]
    _refuse(tx, locations, [rules.check_hours(each) for each in requests], locations)
    before = hours_store.lock_hours(tx, locations)
    refuse_conflict(before, expected_version)
    fresh = {each.location: each for each in requests if differs(before.get(each.location), each)}
    if fresh:
        hours_store.save_hours(tx, fresh.values())
        journal.record(tx, [events.changed(events.HOURS, list(fresh))], by=by.name, at=now)
    return tally(len(requests), fresh, before)


def save_closures(
    tx: Tx,
    by: Actor,
    requests: Sequence[ClosureRequest],
    now: datetime,
    _: NewId,
    *,
    expected_version: int | None = None,
) -> Saved:
    """Days unlike the others; a closure with the usual hours makes a day usual again."""
    assert len(requests) <= ROWS_MAX
    locations, keys = [each.location for each in requests], [each.key for each in requests]
    _refuse(tx, locations, [rules.check_closure(each) for each in requests], keys)
    before = hours_store.lock_closures(tx, keys)
    refuse_conflict(before, expected_version)
    fresh = {each.key: each for each in requests if differs(before.get(each.key), each)}
    if fresh:
        hours_store.save_closures(tx, fresh.values())
        codes = sorted({each.location for each in fresh.values()})
        journal.record(tx, [events.changed(events.HOURS, codes)], by=by.name, at=now)
    return tally(len(requests), fresh, before)


def _refuse(
    tx: Tx, locations: Sequence[str], faults: Sequence[Faults], keys: Sequence[object]
) -> None:
    there = store.list_locations_of(tx, codes_of(locations))
    twice = repeated("/location", keys)
    refuse_faults(
        [
            (*faulty, *known("/location", location, there), *again)
            for location, faulty, again in zip(locations, faults, twice, strict=True)
        ]
    )


def save_hours_of_one(
    tx: Tx,
    by: Actor,
    request: OpeningHoursRequest,
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> OpeningHours:
    with faults_of_one():
        save_hours(tx, by, [request], now, new_id, expected_version=expected_version)
    return hours_store.list_hours_of(tx, [request.location])[request.location]


def save_closure(
    tx: Tx,
    by: Actor,
    request: ClosureRequest,
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> Closure:
    with faults_of_one():
        save_closures(tx, by, [request], now, new_id, expected_version=expected_version)
    return hours_store.list_closures_of(tx, [request.key])[request.key]


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
