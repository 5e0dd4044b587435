"""Read the network as it stands: one by its code, or a page of many in the order of codes."""

from collections.abc import Collection
from uuid import UUID

from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import is_code
from ovunque.network import store
from ovunque.network.model import Channel, Group, LegalEntity, Location, LocationFilter
from ovunque.platform.database import Tx

LIMIT_MAX = 1_000


def find_legal_entity(tx: Tx, code: str) -> LegalEntity:
    found = store.list_entities_of(tx, [code]).get(code) if is_code(code) else None
    if found is None:
        raise Refusal("not_found", what=f"legal entity {code[:64]}")
    return found


def find_location(tx: Tx, code: str) -> Location:
    found = store.list_locations_of(tx, [code]).get(code) if is_code(code) else None
    if found is None:
        raise Refusal("not_found", what=f"location {code[:64]}")
    return found


def find_group(tx: Tx, code: str) -> Group:
    found = store.list_groups_of(tx, [code]).get(code) if is_code(code) else None
    if found is None:
        raise Refusal("not_found", what=f"location group {code[:64]}")
    return found


def find_channel(tx: Tx, code: str) -> Channel:
    found = store.list_channels_of(tx, [code]).get(code) if is_code(code) else None
    if found is None:
        raise Refusal("not_found", what=f"channel {code[:64]}")
    return found


def list_legal_entities(tx: Tx, after: str = "", limit: int = 100) -> tuple[LegalEntity, ...]:
    """The legal entities behind a code, the next page of them."""
    assert 0 < limit <= LIMIT_MAX
    return store.list_entities(tx, after, limit)


def list_locations(
    tx: Tx, after: str = "", limit: int = 100, filters: LocationFilter | None = None
) -> tuple[Location, ...]:
    """The locations behind a code, the next page of them."""
    assert 0 < limit <= LIMIT_MAX
    return store.list_locations(tx, after, limit, filters or LocationFilter())


def list_groups(tx: Tx, after: str = "", limit: int = 100) -> tuple[Group, ...]:
    """The groups behind a code, the next page of them."""
    assert 0 < limit <= LIMIT_MAX
    return store.list_groups(tx, after, limit)


def list_channels(tx: Tx, after: str = "", limit: int = 100) -> tuple[Channel, ...]:
    """The channels behind a code, the next page of them."""
    assert 0 < limit <= LIMIT_MAX
    return store.list_channels(tx, after, limit)


def ids_of_locations(tx: Tx, codes: Collection[str]) -> dict[str, UUID]:
    """The ids of those locations that exist, by their codes."""
    return {each.code: each.id for each in store.list_locations_of(tx, codes).values()}


def ids_of_channels(tx: Tx, codes: Collection[str]) -> dict[str, UUID]:
    """The ids of those channels that exist, by their codes."""
    return {each.code: each.id for each in store.list_channels_of(tx, codes).values()}


def codes_of(tx: Tx, ids: Collection[UUID]) -> dict[UUID, str]:
    """The codes of some locations and channels, by their ids."""
    return store.list_codes(tx, ids) if ids else {}


def groups_of(tx: Tx, location_ids: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    """The groups that some locations belong to."""
    return store.list_groups_by_location(tx, location_ids)


def known_groups(tx: Tx, codes: Collection[str]) -> Collection[str]:
    """Those location groups that exist."""
    return store.list_groups_of(tx, codes).keys()
