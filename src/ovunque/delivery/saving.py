"""The carriers' rows, created or replaced by their keys."""

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter

from ovunque.delivery import events, rules, store
from ovunque.delivery.model import (
    CarrierService,
    CarrierServiceRequest,
    Lane,
    LaneKey,
    LaneRequest,
    ServiceKey,
    Zone,
    ZoneRequest,
)
from ovunque.delivery.store import drafting as drafting_store
from ovunque.kernel.ids import NewId
from ovunque.kernel.rows import Faults, codes_of
from ovunque.kernel.text import is_code
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.platform.rows import Rows


def _write_services(
    tx: Tx, fresh: Mapping[ServiceKey, CarrierServiceRequest], new_id: NewId
) -> Sequence[Fact]:
    store.save_services(tx, {new_id(): each for each in fresh.values()})
    return [events.changed(events.CARRIER, list(map(str, fresh)))]


def _write_zones(tx: Tx, fresh: Mapping[str, ZoneRequest], new_id: NewId) -> Sequence[Fact]:
    store.save_zones(tx, {new_id(): each for each in fresh.values()})
    store.save_areas(tx, fresh.values())
    return [events.changed(events.ZONE, list(fresh))]


def _lane_faults(tx: Tx, requests: Sequence[LaneRequest]) -> Iterator[Faults]:
    named = {each.service_key for each in requests if all(map(is_code, each.service_key))}
    services = store.list_services_of(tx, named)
    ends = codes_of(zone for each in requests for zone in (each.from_zone, each.to_zone))
    zones = store.list_zone_codes(tx, ends)
    for each in requests:
        yield *rules.check_lane(each), *rules.check_references(each, services, zones)


def _write_lanes(tx: Tx, fresh: Mapping[LaneKey, LaneRequest], new_id: NewId) -> Sequence[Fact]:
    store.save_lanes(tx, {new_id(): each for each in fresh.values()})
    store.save_rates(tx, fresh.values())
    drafting_store.save_dated(tx, fresh.values())
    return [events.changed(events.LANE, list(map(str, fresh)))]


CARRIER_SERVICES: Rows[ServiceKey, CarrierServiceRequest, CarrierService] = Rows(
    key=attrgetter("key"),
    field="/service",
    faults=lambda _, requests: map(rules.check_carrier_service, requests),
    tidy=rules.tidy_carrier_service,
    lock=store.lock_services,
    write=_write_services,
    find=store.list_services_of,
)
ZONES: Rows[str, ZoneRequest, Zone] = Rows(
    key=attrgetter("code"),
    field="/code",
    faults=lambda _, requests: map(rules.check_zone, requests),
    tidy=rules.tidy_zone,
    lock=store.lock_zones,
    write=_write_zones,
    find=store.list_zones_of,
)
LANES: Rows[LaneKey, LaneRequest, Lane] = Rows(
    key=attrgetter("key"),
    field="/to_zone",
    faults=_lane_faults,
    tidy=rules.tidy_lane,
    lock=store.lock_lanes,
    write=_write_lanes,
    find=store.list_lanes_of,
)

save_carrier_services, save_carrier_service = CARRIER_SERVICES.save, CARRIER_SERVICES.save_one
save_zones, save_zone = ZONES.save, ZONES.save_one
save_lanes, save_lane = LANES.save, LANES.save_one
