"""What is on its way: announced by whoever sends it, and gone from the list as it comes.

Told twice it is the same; told before or after its receipt it comes to the same. Whoever changes
what comes holds the item's row, and so does whoever promises on it: of the last unit that comes
one promise is made.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.catalog.listing import list_traits
from ovunque.kernel.rows import (
    ROWS_MAX,
    Saved,
    codes_of,
    differs,
    known,
    refuse_faults,
    repeated,
    tally,
)
from ovunque.network.listing import codes_of as codes_by_id
from ovunque.network.listing import ids_of_locations
from ovunque.platform import jobs, journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.stock import events
from ovunque.stock.model import Movement, MovementKind
from ovunque.stock.model.expecting import Ahead, Awaited, Incoming, IncomingRequest
from ovunque.stock.rules.ahead import check_incoming
from ovunque.stock.store import expecting as store

LIMIT_MAX = 1_000
DATES_JOB = "orders.date"  # Its orders may have to be told other days.
Name = tuple[str, str, UUID]
NAMES = tuple(each.name for each in fields(IncomingRequest))


def save_incoming(tx: Tx, by: Actor, requests: Sequence[IncomingRequest], now: datetime) -> Saved:
    """Announce deliveries, or change what was announced; what stands as it is writes nothing."""
    assert len(requests) <= ROWS_MAX
    places = refuse_incoming(tx, requests)
    asked = {(each.reference, each.sku, places[each.location]): each for each in requests}
    store.lock_ahead(tx, {each.sku for each in requests})
    before = {each.key: each for each in _incoming(tx, store.list_incoming_of(tx, asked.keys()))}
    fresh = {name: each for name, each in asked.items() if differs(before.get(name), each)}
    if fresh:
        store.save_incoming(tx, [_row(name, each) for name, each in fresh.items()])
        told = [events.incoming_changed({sku for _, sku, _ in fresh})]
        journal.record(tx, told, by=by.name, at=now)
        date_again(tx, {sku for _, sku, _ in fresh}, "-".join(map(str, min(fresh))), now)
    return tally(len(requests), fresh, before)


def date_again(tx: Tx, skus: Collection[str], cause: str, now: datetime) -> None:
    """Who waits for these items was promised a day on what was known to come before."""
    awaited = store.list_awaited_skus(tx, skus)
    if awaited:
        key = f"dates-{now.isoformat()}-{cause}"
        jobs.enqueue(tx, key=key, kind=DATES_JOB, due_at=now, body={"skus": list(awaited)})


def refuse_incoming(tx: Tx, requests: Sequence[IncomingRequest]) -> dict[str, UUID]:
    """Refuse the batch with all its faults; the ids of the places that it names."""
    places = ids_of_locations(tx, codes_of(each.location for each in requests))
    skus = list_traits(tx, codes_of(each.sku for each in requests))
    twice = repeated("/reference", [(r.reference, r.sku, r.location) for r in requests])
    refuse_faults(
        [
            (
                *check_incoming(each),
                *known("/location", each.location, places),
                *known("/sku", each.sku, skus),
                *again,
            )
            for each, again in zip(requests, twice, strict=True)
        ]
    )
    return places


def _row(name: Name, each: IncomingRequest) -> dict[str, Any]:
    reference, sku, location_id = name
    return {
        "reference": reference,
        "sku": sku,
        "location_id": location_id,
        "quantity": each.quantity,
        "due_on": each.due_on,
        "late_days": each.late_days,
    }


def list_incoming(
    tx: Tx,
    *,
    sku: str | None = None,
    location_id: UUID | None = None,
    is_open: bool = True,
    after: Name | None = None,
    limit: int = 100,
) -> tuple[Incoming, ...]:
    """What was announced and has not come, or all of it, in the order of references."""
    assert 0 < limit <= LIMIT_MAX
    found = store.list_incoming(
        tx, sku=sku, location_id=location_id, is_open=is_open, after=after, limit=limit
    )
    return _incoming(tx, found)


def list_named(tx: Tx, requests: Sequence[IncomingRequest]) -> tuple[Incoming, ...]:
    """The deliveries that requests speak of, as they stand."""
    places = ids_of_locations(tx, codes_of(each.location for each in requests))
    names = {(r.reference, r.sku, places[r.location]) for r in requests}
    return _incoming(tx, store.list_incoming_of(tx, names))


def _incoming(tx: Tx, rows: Sequence[Sequence[Any]]) -> tuple[Incoming, ...]:
    codes = codes_by_id(tx, {row[2] for row in rows})
    return tuple(
        Incoming(
            reference=reference,
            sku=sku,
            location_id=location_id,
            location=codes[location_id],
            quantity=quantity,
            received=received,
            due_on=due_on,
            late_days=late_days,
            version=version,
        )
        for reference, sku, location_id, quantity, received, due_on, late_days, version in rows
    )


def prepare_receipts(tx: Tx, movements: Iterable[Movement]) -> None:
    """Before levels are locked: whoever announces at the same moment waits, or is waited for."""
    skus = {each.key.sku for each in movements if is_receipt(each)}
    if skus:
        store.lock_ahead(tx, skus)


def receive(tx: Tx, movements: Iterable[Movement]) -> list[Fact]:
    """What has come of deliveries is not expected any more; the movements are booked already."""
    receipts = [each for each in movements if is_receipt(each)]
    skus = store.save_received(tx, receipts) if receipts else ()
    return [events.incoming_changed(skus)] if skus else []


def is_receipt(movement: Movement) -> bool:
    return movement.kind == MovementKind.RECEIVED and movement.reference is not None


def look_ahead(tx: Tx, skus: Collection[str]) -> Ahead:
    """What comes of some items and who waits for it, for whoever is about to promise on it.

    Nobody else promises until the transaction ends. Taken before levels are locked.
    """
    store.lock_ahead(tx, skus)
    return store.list_ahead(tx, skus)


def list_ahead(tx: Tx, skus: Collection[str]) -> Ahead:
    """The same for whoever only looks."""
    return store.list_ahead(tx, skus)


def wait_for(tx: Tx, line_ids: Collection[UUID], awaited: Sequence[Awaited]) -> list[Fact]:
    """These order lines wait for these units from now on, and for nothing else."""
    skus = store.save_awaited(tx, line_ids, awaited)
    return [events.incoming_changed(skus)] if skus else []


def list_servable(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Lines that wait for items of which some are free: by promised day, then as they came."""
    return store.list_servable(tx, now, limit)


def list_waiting(tx: Tx, skus: Collection[str]) -> tuple[UUID, ...]:
    """The lines that wait for some items."""
    return store.list_waiting(tx, skus)


def list_past_skus(tx: Tx, today: date, limit: int) -> tuple[str, ...]:
    """Items that did not come by the day that somebody was told."""
    return store.list_past_skus(tx, today, limit)


def postpone(tx: Tx, line_ids: Collection[UUID], until: datetime) -> None:
    """What is free is not for these lines: look again then."""
    if line_ids:
        store.save_look_at(tx, line_ids, until)
