"""The kinds of files, in the order in which they build on each other."""

from collections.abc import Mapping

from ovunque.integrations.files.catalog import ITEMS
from ovunque.integrations.files.customers import CUSTOMERS
from ovunque.integrations.files.delivery import CARRIERS, LANES
from ovunque.integrations.files.hours import CLOSURES, HOURS
from ovunque.integrations.files.incoming import INCOMING
from ovunque.integrations.files.kind import Kind
from ovunque.integrations.files.movements import MOVEMENTS
from ovunque.integrations.files.names import NAMES
from ovunque.integrations.files.network import CHANNELS, LEGAL_ENTITIES, LOCATIONS
from ovunque.integrations.files.orders import ORDERS
from ovunque.integrations.files.pieces import PIECES
from ovunque.integrations.files.prices import PRICES
from ovunque.integrations.files.protection import PROTECTIONS
from ovunque.integrations.files.stock import STOCK
from ovunque.integrations.files.terms import EMISSION_FACTORS, TARIFFS, TRANSIT, VOLUME_CAPS
from ovunque.integrations.files.zones import ZONES

ORDERED: tuple[Kind, ...] = (
    LEGAL_ENTITIES,
    LOCATIONS,
    HOURS,
    CLOSURES,
    CHANNELS,
    ITEMS,
    CARRIERS,
    ZONES,
    LANES,
    TARIFFS,
    TRANSIT,
    VOLUME_CAPS,
    EMISSION_FACTORS,
    PRICES,
    CUSTOMERS,
    STOCK,
    PIECES,
    INCOMING,
    MOVEMENTS,
    PROTECTIONS,
    NAMES,
    ORDERS,
)
KINDS: Mapping[str, Kind] = {each.name: each for each in ORDERED}


def find_kind(name: str) -> Kind | None:
    """A kind by its name, or by the stem of a file that is named for it."""
    return KINDS.get(name.replace("_", "-"))
