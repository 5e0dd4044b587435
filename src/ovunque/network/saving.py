"""Create or replace rows of the network by their codes, a batch at a time: all of it or nothing.

A row that is as it stands writes nothing and tells no fact. `expected_version` is what the
caller has seen of every row of the batch: it is meant for batches of one.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib import resources

from ovunque.access.model import Actor
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
from ovunque.network import events, rules, store
from ovunque.network.model import (
    Channel,
    ChannelRequest,
    Group,
    GroupRequest,
    LegalEntity,
    LegalEntityRequest,
    Location,
    LocationRequest,
)
from ovunque.platform import journal
from ovunque.platform.database import Tx


@cache
def time_zones() -> frozenset[str]:
    """The IANA zones of the package, the same on every machine."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("utf-8").split())


def save_legal_entities(
    tx: Tx,
    by: Actor,
    requests: Sequence[LegalEntityRequest],
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> Saved:
    assert len(requests) <= ROWS_MAX
    codes = [each.code for each in requests]
    refuse_faults(
        [
            (*rules.check_legal_entity(each), *again)
            for each, again in zip(requests, repeated("/code", codes), strict=True)
        ]
    )
    before = store.lock_entities(tx, codes)
    refuse_conflict(before, expected_version)
    fresh = {each.code: each for each in requests if differs(before.get(each.code), each)}
    if fresh:
        store.save_entities(tx, {new_id(): each for each in fresh.values()})
        fact = events.changed(events.LEGAL_ENTITY, list(fresh))
        journal.record(tx, [fact], by=by.name, at=now)
    return tally(len(requests), fresh, before)


def save_locations(
    tx: Tx,
    by: Actor,
    requests: Sequence[LocationRequest],
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> Saved:
    """Groups that a location names and nobody has yet are created, named by their codes."""
    assert len(requests) <= ROWS_MAX
    refuse_locations(tx, requests)
    tidy = {each.code: rules.tidy_location(each) for each in requests}
    before = store.lock_locations(tx, tidy)
    refuse_conflict(before, expected_version)
    fresh = {code: each for code, each in tidy.items() if differs(before.get(code), each)}
    if fresh:
        groups = add_groups(tx, list(fresh.values()), new_id)
        store.save_locations(tx, {new_id(): each for each in fresh.values()})
        store.save_members(tx, fresh.values())
        facts = [events.changed(events.LOCATION, list(fresh))]
        facts += [events.changed(events.GROUP, groups)] if groups else []
        journal.record(tx, facts, by=by.name, at=now)
    return tally(len(requests), fresh, before)


def refuse_locations(tx: Tx, requests: Sequence[LocationRequest]) -> None:
    """Refuse the batch with all its faults: what the rows show, and what they point to."""
    owners = store.list_entities_of(tx, codes_of(each.legal_entity for each in requests))
    twice = repeated("/code", [each.code for each in requests])
    refuse_faults(
        [
            (
                *rules.check_location(each),
                *rules.check_references(each, owners, time_zones()),
                *again,
            )
            for each, again in zip(requests, twice, strict=True)
        ]
    )


def add_groups(tx: Tx, requests: Sequence[LocationRequest], new_id: NewId) -> tuple[str, ...]:
    named = sorted({group for each in requests for group in each.groups})
    missing = sorted(set(named) - store.list_groups_of(tx, named).keys())
    return store.add_groups(tx, {new_id(): code for code in missing}) if missing else ()


def save_groups(
    tx: Tx,
    by: Actor,
    requests: Sequence[GroupRequest],
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> Saved:
    """Only their names: which locations belong to a group is said by each location."""
    assert len(requests) <= ROWS_MAX
    codes = [each.code for each in requests]
    refuse_faults(
        [
            (*rules.check_group(each), *again)
            for each, again in zip(requests, repeated("/code", codes), strict=True)
        ]
    )
    before = store.lock_groups(tx, codes)
    refuse_conflict(before, expected_version)
    fresh = {each.code: each for each in requests if differs(before.get(each.code), each)}
    if fresh:
        store.save_groups(tx, {new_id(): each for each in fresh.values()})
        fact = events.changed(events.GROUP, list(fresh))
        journal.record(tx, [fact], by=by.name, at=now)
    return tally(len(requests), fresh, before)


def save_channels(
    tx: Tx,
    by: Actor,
    requests: Sequence[ChannelRequest],
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> Saved:
    assert len(requests) <= ROWS_MAX
    refuse_channels(tx, requests)
    tidy = {each.code: rules.tidy_channel(each) for each in requests}
    before = store.lock_channels(tx, tidy)
    refuse_conflict(before, expected_version)
    fresh = {code: each for code, each in tidy.items() if differs(before.get(code), each)}
    if fresh:
        store.save_channels(tx, {new_id(): each for each in fresh.values()})
        fact = events.changed(events.CHANNEL, list(fresh))
        journal.record(tx, [fact], by=by.name, at=now)
    return tally(len(requests), fresh, before)


def refuse_channels(tx: Tx, requests: Sequence[ChannelRequest]) -> None:
    """Refuse the batch with all its faults: what the rows show, and what they point to."""
    owners = store.list_entities_of(tx, codes_of(each.legal_entity for each in requests))
    pools = codes_of(code for each in requests for code in (each.pool, each.home_pool))
    groups = store.list_groups_of(tx, pools)
    twice = repeated("/code", [each.code for each in requests])
    refuse_faults(
        [
            (*rules.check_channel(each), *rules.check_pools(each, owners, groups), *again)
            for each, again in zip(requests, twice, strict=True)
        ]
    )


def save_legal_entity(
    tx: Tx,
    by: Actor,
    request: LegalEntityRequest,
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> LegalEntity:
    with faults_of_one():
        save_legal_entities(tx, by, [request], now, new_id, expected_version=expected_version)
    return store.list_entities_of(tx, [request.code])[request.code]


def save_location(
    tx: Tx,
    by: Actor,
    request: LocationRequest,
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> Location:
    with faults_of_one():
        save_locations(tx, by, [request], now, new_id, expected_version=expected_version)
    return store.list_locations_of(tx, [request.code])[request.code]


def save_group(
    tx: Tx,
    by: Actor,
    request: GroupRequest,
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> Group:
    with faults_of_one():
        save_groups(tx, by, [request], now, new_id, expected_version=expected_version)
    return store.list_groups_of(tx, [request.code])[request.code]


def save_channel(
    tx: Tx,
    by: Actor,
    request: ChannelRequest,
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> Channel:
    with faults_of_one():
        save_channels(tx, by, [request], now, new_id, expected_version=expected_version)
    return store.list_channels_of(tx, [request.code])[request.code]
