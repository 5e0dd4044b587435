"""What lies on the desks of the demo retailer's office: rules, feeds, transfers, counts to make."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.kernel.ids import NewId
from ovunque.network.listing import ids_of_locations
from ovunque.network.model import Named
from ovunque.network.naming import give_name
from ovunque.platform.database import Tx
from ovunque.stock.asking import ask_for_counts
from ovunque.stock.counting import CountRequest, take_counts
from ovunque.stock.describing import describe_source, list_sources
from ovunque.stock.feeding import FeedRequest, weigh
from ovunque.stock.model import Count, ProtectionRequest, StockLevel
from ovunque.stock.model.feeding import Feed, SourceKind, SourceRequest
from ovunque.stock.protecting import save_protections
from ovunque.stock.reading import list_levels
from ovunque.stock.transferring import (
    TransferRequest,
    TransferStep,
    dispatch_transfer,
    plan_transfer,
    receive_transfer,
)

WAREHOUSE, ODD_STORE = "magazzino-piacenza", "madrid-serrano"
LEVELS_MAX = 200  # Of a location, looked at.
PLENTY = 6  # Free units of which some may go elsewhere without anybody missing them.
LOST_OF_SIX = 4  # Of six levels the odd store's till forgets so many.

PROTECTIONS = (
    ProtectionRequest(code="last-unit-in-store", kind="buffer", units=1, group="stores"),
    ProtectionRequest(
        code="marketplace-share",
        kind="share",
        percent=20,
        group="stores",
        channels=("marketplace",),
    ),
    ProtectionRequest(
        code="coats-of-the-warehouse", kind="buffer", units=2, category="coats", location=WAREHOUSE
    ),
)
NAMES = (
    Named("carrier", "aquilone", "Aquilone"),
    Named("carrier", "rotaia", "Rotaia"),
    Named("carrier", "saetta", "Saetta"),
    Named("carrier", "transalp", "Transalp"),
    Named("protection", "coats-of-the-warehouse", "Coats of the warehouse"),
    Named("protection", "last-unit-in-store", "Last unit of each store"),
    Named("protection", "marketplace-share", "Share of the marketplace"),
    Named("source", "stock-takers", "Stock takers"),
    Named("source", "tills", "Tills of the stores"),
    Named("source", "warehouse-system", "Warehouse system"),
    Named("zone", "at", "Österreich"),
    Named("zone", "benelux", "Benelux"),
    Named("zone", "ch", "Schweiz · Suisse · Svizzera"),
    Named("zone", "de-north", "Deutschland Nord"),
    Named("zone", "de-south", "Deutschland Süd"),
    Named("zone", "es", "España peninsular"),
    Named("zone", "es-balearic", "Islas Baleares"),
    Named("zone", "fr", "France continentale"),
    Named("zone", "fr-corsica", "Corse"),
    Named("zone", "gb", "Great Britain"),
    Named("zone", "it-center", "Italia centrale"),
    Named("zone", "it-islands", "Sicilia e Sardegna"),
    Named("zone", "it-north", "Italia settentrionale"),
    Named("zone", "it-south", "Italia meridionale"),
    Named("zone", "pt", "Portugal"),
)
SOURCES = (
    SourceRequest(code="warehouse-system", picked_inside=False, posting_delay_s=120),
    SourceRequest(code="tills", posting_delay_s=30),
    SourceRequest(code="stock-takers", kind=SourceKind.PHYSICAL),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Who lays the desks, and the store whose people the demo has."""

    by: Actor
    store_id: UUID
    new_id: NewId
    now: datetime


def lay_desks(tx: Tx, office: Office) -> None:
    """Something to decide on every desk, by the use cases of whoever works there; once."""
    if list_sources(tx, after="", limit=1):
        return
    for request in SOURCES:
        describe_source(tx, office.by, request, None, office.now)
    save_protections(tx, office.by, PROTECTIONS, office.now)
    for named in NAMES:
        give_name(tx, office.by, named, office.now)
    places = ids_of_locations(tx, (WAREHOUSE, ODD_STORE))
    warehouse = _levels(tx, places[WAREHOUSE])
    _count_warehouse(tx, office, warehouse)
    _lose_count(tx, office, _levels(tx, places[ODD_STORE]))
    _send_goods(tx, office, [each for each in warehouse if each.free >= PLENTY])
    asked = [each.key for each in _levels(tx, office.store_id) if each.on_hand][:3]
    ask_for_counts(tx, office.by, asked, office.now)


def _levels(tx: Tx, location_id: UUID) -> tuple[StockLevel, ...]:
    return list_levels(tx, sku=None, location_id=location_id, after=None, limit=LEVELS_MAX)


def _count_warehouse(tx: Tx, office: Office, levels: Sequence[StockLevel]) -> None:
    """The warehouse tells its night's count: a unit less of every tenth item that has plenty."""
    as_of = office.now - timedelta(minutes=10)
    counts = [
        _counted(each, each.on_hand - (nth % 10 == 0 and each.free >= PLENTY), as_of)
        for nth, each in enumerate(levels)
    ]
    heard = weigh(tx, office.by, _told(office, "warehouse-system", counts), office.now)
    assert not isinstance(heard, Feed), "a unit here and there worries nobody"
    source, believed = heard
    take_counts(
        tx, office.by, CountRequest(source=source, counts=sorted_by_key(believed)), office.now
    )


def _lose_count(tx: Tx, office: Office, levels: Sequence[StockLevel]) -> None:
    """A till that lost its books tells nothing of most of its store: somebody has to look."""
    as_of = office.now - timedelta(minutes=40)
    counts = [
        _counted(each, 0 if nth % 6 < LOST_OF_SIX else each.on_hand, as_of)
        for nth, each in enumerate(levels)
    ]
    weigh(tx, office.by, _told(office, "tills", counts), office.now)


def _counted(level: StockLevel, on_hand: int, as_of: datetime) -> Count:
    return Count(key=level.key, on_hand=on_hand, as_of=as_of)


def _told(office: Office, source: str, counts: Sequence[Count]) -> FeedRequest:
    return FeedRequest(id=office.new_id(), source=source, counts=counts)


def sorted_by_key(counts: Sequence[Count]) -> list[Count]:
    return sorted(counts, key=lambda each: each.key)


def _send_goods(tx: Tx, office: Office, plenty: Sequence[StockLevel]) -> None:
    """To the demo's store: one transfer planned, one under way, one come with a unit missing."""
    by, now = office.by, office.now
    planned, under_way, come = (plenty[nth : nth + 3] for nth in (0, 3, 6))
    _plan(tx, office, "TR-1003", planned)
    dispatch_transfer(
        tx, by, TransferStep(transfer_id=_plan(tx, office, "TR-1002", under_way)), now
    )
    arrived = _plan(tx, office, "TR-1001", come)
    dispatch_transfer(tx, by, TransferStep(transfer_id=arrived), now)
    came = {each.key.sku: 2 - (nth == 0) for nth, each in enumerate(come)}
    receive_transfer(tx, by, TransferStep(transfer_id=arrived, units=came), now)


def _plan(tx: Tx, office: Office, external_id: str, levels: Sequence[StockLevel]) -> UUID:
    """A transfer of two units each; its id."""
    request = TransferRequest(
        id=office.new_id(),
        external_id=external_id,
        from_id=levels[0].key.location_id,
        to_id=office.store_id,
        units={each.key.sku: 2 for each in levels},
        expected_at=office.now + timedelta(days=1),
    )
    return plan_transfer(tx, office.by, request, office.now).id
