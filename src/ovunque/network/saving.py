"""The rows of the network, created or replaced by their codes."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from operator import attrgetter

from ovunque.kernel.ids import NewId
from ovunque.kernel.rows import Faults, codes_of
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
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.platform.rows import Rows


@cache
def time_zones() -> frozenset[str]:
    """The IANA zones of the package, the same on every machine."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("utf-8").split())


def _write_entities(
    tx: Tx, fresh: Mapping[str, LegalEntityRequest], new_id: NewId
) -> Sequence[Fact]:
    store.save_entities(tx, {new_id(): each for each in fresh.values()})
    return [events.changed(events.LEGAL_ENTITY, list(fresh))]


def _location_faults(tx: Tx, requests: Sequence[LocationRequest]) -> Iterator[Faults]:
    owners = store.list_entities_of(tx, codes_of(each.legal_entity for each in requests))
    for each in requests:
        yield *rules.check_location(each), *rules.check_references(each, owners, time_zones())


def _write_locations(tx: Tx, fresh: Mapping[str, LocationRequest], new_id: NewId) -> Sequence[Fact]:
    """Groups that a location names and nobody has yet are created, named by their codes."""
    groups = _add_groups(tx, list(fresh.values()), new_id)
    store.save_locations(tx, {new_id(): each for each in fresh.values()})
    store.save_members(tx, fresh.values())
    facts = [events.changed(events.LOCATION, list(fresh))]
    return [*facts, events.changed(events.GROUP, groups)] if groups else facts


def _add_groups(tx: Tx, requests: Sequence[LocationRequest], new_id: NewId) -> tuple[str, ...]:
    named = sorted({group for each in requests for group in each.groups})
    missing = sorted(set(named) - store.list_groups_of(tx, named).keys())
    return store.add_groups(tx, {new_id(): code for code in missing}) if missing else ()


def _write_groups(tx: Tx, fresh: Mapping[str, GroupRequest], new_id: NewId) -> Sequence[Fact]:
    """Only their names: which locations belong to a group is said by each location."""
    store.save_groups(tx, {new_id(): each for each in fresh.values()})
    return [events.changed(events.GROUP, list(fresh))]


def _channel_faults(tx: Tx, requests: Sequence[ChannelRequest]) -> Iterator[Faults]:
    owners = store.list_entities_of(tx, codes_of(each.legal_entity for each in requests))
    pools = codes_of(code for each in requests for code in (each.pool, each.home_pool))
    groups = store.list_groups_of(tx, pools)
    for each in requests:
        yield *rules.check_channel(each), *rules.check_pools(each, owners, groups)


def _write_channels(tx: Tx, fresh: Mapping[str, ChannelRequest], new_id: NewId) -> Sequence[Fact]:
    store.save_channels(tx, {new_id(): each for each in fresh.values()})
    return [events.changed(events.CHANNEL, list(fresh))]


LEGAL_ENTITIES: Rows[str, LegalEntityRequest, LegalEntity] = Rows(
    key=attrgetter("code"),
    field="/code",
    faults=lambda _, requests: map(rules.check_legal_entity, requests),
    lock=store.lock_entities,
    write=_write_entities,
    find=store.list_entities_of,
)
LOCATIONS: Rows[str, LocationRequest, Location] = Rows(
    key=attrgetter("code"),
    field="/code",
    faults=_location_faults,
    tidy=rules.tidy_location,
    lock=store.lock_locations,
    write=_write_locations,
    find=store.list_locations_of,
)
GROUPS: Rows[str, GroupRequest, Group] = Rows(
    key=attrgetter("code"),
    field="/code",
    faults=lambda _, requests: map(rules.check_group, requests),
    lock=store.lock_groups,
    write=_write_groups,
    find=store.list_groups_of,
)
CHANNELS: Rows[str, ChannelRequest, Channel] = Rows(
    key=attrgetter("code"),
    field="/code",
    faults=_channel_faults,
    tidy=rules.tidy_channel,
    lock=store.lock_channels,
    write=_write_channels,
    find=store.list_channels_of,
)

save_legal_entities, save_legal_entity = LEGAL_ENTITIES.save, LEGAL_ENTITIES.save_one
save_locations, save_location = LOCATIONS.save, LOCATIONS.save_one
save_groups, save_group = GROUPS.save, GROUPS.save_one
save_channels, save_channel = CHANNELS.save, CHANNELS.save_one
