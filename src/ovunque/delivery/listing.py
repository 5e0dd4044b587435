"""Read carriers, zones and lanes as they stand: one by its key, or a page in the order of keys."""

from ovunque.delivery import store
from ovunque.delivery.model import CarrierService, Lane, LaneKey, ServiceKey, Zone
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import is_code
from ovunque.platform.database import Tx

LIMIT_MAX = 1_000
FIRST_SERVICE = ServiceKey("", "")
FIRST_LANE = LaneKey("", "", "", "")


def find_carrier_service(tx: Tx, key: ServiceKey) -> CarrierService:
    found = store.list_services_of(tx, [key]).get(key) if all(map(is_code, key)) else None
    if found is None:
        raise Refusal("not_found", what=f"carrier service {str(key)[:130]}")
    return found


def find_zone(tx: Tx, code: str) -> Zone:
    found = store.list_zones_of(tx, [code]).get(code) if is_code(code) else None
    if found is None:
        raise Refusal("not_found", what=f"zone {code[:64]}")
    return found


def find_lane(tx: Tx, key: LaneKey) -> Lane:
    found = store.list_lanes_of(tx, [key]).get(key) if all(map(is_code, key)) else None
    if found is None:
        raise Refusal("not_found", what=f"lane {str(key)[:260]}")
    return found


def list_carrier_services(
    tx: Tx, after: ServiceKey = FIRST_SERVICE, limit: int = 100
) -> tuple[CarrierService, ...]:
    """The carrier services behind a key, the next page of them."""
    assert 0 < limit <= LIMIT_MAX
    return store.list_services(tx, after, limit)


def list_zones(tx: Tx, after: str = "", limit: int = 100) -> tuple[Zone, ...]:
    """The zones behind a code, the next page of them."""
    assert 0 < limit <= LIMIT_MAX
    return store.list_zones(tx, after, limit)


def list_lanes(tx: Tx, after: LaneKey = FIRST_LANE, limit: int = 100) -> tuple[Lane, ...]:
    """The lanes behind a key, the next page of them."""
    assert 0 < limit <= LIMIT_MAX
    return store.list_lanes(tx, after, limit)
