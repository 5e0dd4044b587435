"""Create or replace carriers' rows by their keys, a batch at a time: all of it or nothing.

A row that is as it stands writes nothing and tells no fact. `expected_version` is what the
caller has seen of every row of the batch: it is meant for batches of one.
"""

from collections.abc import Sequence
from datetime import datetime

from ovunque.access.model import Actor
from ovunque.delivery import events, rules, store
from ovunque.delivery.model import (
    CarrierService,
    CarrierServiceRequest,
    Lane,
    LaneRequest,
    Zone,
    ZoneRequest,
)
from ovunque.delivery.store import drafting as drafting_store
from ovunque.kernel.ids import NewId
from ovunque.kernel.rows import (
    ROWS_MAX,
    Saved,
    codes_of,
    differs,
    faults_of_one,
    refuse_conflict,
    refuse_faults,
    repeated,
    tally,
)
from ovunque.kernel.text import is_code
from ovunque.platform import journal
from ovunque.platform.database import Tx


def save_carrier_services(
    tx: Tx,
    by: Actor,
    requests: Sequence[CarrierServiceRequest],
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> Saved:
    assert len(requests) <= ROWS_MAX
    twice = repeated("/service", [each.key for each in requests])
    refuse_faults(
        [
            (*rules.check_carrier_service(each), *again)
            for each, again in zip(requests, twice, strict=True)
        ]
    )
    tidy = {each.key: rules.tidy_carrier_service(each) for each in requests}
    before = store.lock_services(tx, tidy)
    refuse_conflict(before, expected_version)
    fresh = {key: each for key, each in tidy.items() if differs(before.get(key), each)}
    if fresh:
        store.save_services(tx, {new_id(): each for each in fresh.values()})
        fact = events.changed(events.CARRIER, [str(key) for key in fresh])
        journal.record(tx, [fact], by=by.name, at=now)
    return tally(len(requests), fresh, before)


def save_zones(
    tx: Tx,
    by: Actor,
    requests: Sequence[ZoneRequest],
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> Saved:
    assert len(requests) <= ROWS_MAX
    twice = repeated("/code", [each.code for each in requests])
    refuse_faults(
        [(*rules.check_zone(each), *again) for each, again in zip(requests, twice, strict=True)]
    )
    tidy = {each.code: rules.tidy_zone(each) for each in requests}
    before = store.lock_zones(tx, tidy)
    refuse_conflict(before, expected_version)
    fresh = {code: each for code, each in tidy.items() if differs(before.get(code), each)}
    if fresh:
        store.save_zones(tx, {new_id(): each for each in fresh.values()})
        store.save_areas(tx, fresh.values())
        journal.record(tx, [events.changed(events.ZONE, list(fresh))], by=by.name, at=now)
    return tally(len(requests), fresh, before)


def save_lanes(
    tx: Tx,
    by: Actor,
    requests: Sequence[LaneRequest],
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> Saved:
    assert len(requests) <= ROWS_MAX
    refuse_lanes(tx, requests)
    asked = {each.key: rules.tidy_lane(each) for each in requests}
    before = store.lock_lanes(tx, asked)
    refuse_conflict(before, expected_version)
    fresh = {key: each for key, each in asked.items() if differs(before.get(key), each)}
    if fresh:
        store.save_lanes(tx, {new_id(): each for each in fresh.values()})
        store.save_rates(tx, fresh.values())
        drafting_store.save_dated(tx, fresh.values())
        fact = events.changed(events.LANE, [str(key) for key in fresh])
        journal.record(tx, [fact], by=by.name, at=now)
    return tally(len(requests), fresh, before)


def refuse_lanes(tx: Tx, requests: Sequence[LaneRequest]) -> None:
    """Refuse the batch with all its faults: what the rows show, and what they point to."""
    named = {each.service_key for each in requests if all(map(is_code, each.service_key))}
    services = store.list_services_of(tx, named)
    ends = codes_of(zone for each in requests for zone in (each.from_zone, each.to_zone))
    zones = store.list_zone_codes(tx, ends)
    twice = repeated("/to_zone", [each.key for each in requests])
    refuse_faults(
        [
            (*rules.check_lane(each), *rules.check_references(each, services, zones), *again)
            for each, again in zip(requests, twice, strict=True)
        ]
    )


def save_carrier_service(
    tx: Tx,
    by: Actor,
    request: CarrierServiceRequest,
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> CarrierService:
    with faults_of_one():
        save_carrier_services(tx, by, [request], now, new_id, expected_version=expected_version)
    return store.list_services_of(tx, [request.key])[request.key]


def save_zone(
    tx: Tx,
    by: Actor,
    request: ZoneRequest,
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> Zone:
    with faults_of_one():
        save_zones(tx, by, [request], now, new_id, expected_version=expected_version)
    return store.list_zones_of(tx, [request.code])[request.code]


def save_lane(
    tx: Tx,
    by: Actor,
    request: LaneRequest,
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> Lane:
    with faults_of_one():
        save_lanes(tx, by, [request], now, new_id, expected_version=expected_version)
    return store.list_lanes_of(tx, [request.key])[request.key]
