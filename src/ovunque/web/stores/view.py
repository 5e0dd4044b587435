"""A fulfillment as whoever works on it sees it."""

from collections.abc import Mapping
from hashlib import pbkdf2_hmac
from types import MappingProxyType
from uuid import UUID

from ovunque.catalog.listing import find_items
from ovunque.catalog.model import Item
from ovunque.fulfillment.labeling import list_troubles
from ovunque.fulfillment.listing import find_asked, find_work
from ovunque.fulfillment.model import Collection, Fulfillment, ParcelState
from ovunque.fulfillment.rules import WRONG_CODES_MAX, is_fetched, to_pack
from ovunque.fulfillment.shelving import find_collection
from ovunque.insight.model import Task, TaskLine
from ovunque.kernel.ids import public_id
from ovunque.orders.agreeing import find_agreement
from ovunque.orders.listing import list_by_id
from ovunque.orders.model import Agreement, Order
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Entry
from ovunque.stock.reading import list_levels_of
from ovunque.web import words
from ovunque.web.stores.due import Due, due_of
from ovunque.web.stores.tasks import here
from ovunque.web.visiting import Visit

PROOF_ROUNDS = 50_000  # A code of six digits is not guessed from a stolen page in a minute.
BOXES = (  # Name, how many grams of goods it bears, what it weighs with its filling.
    ("S", 500, 60),
    ("M", 5_000, 120),
    ("L", 1_000_000_000, 350),
)


def read(tx: Tx, visit: Visit, id_: UUID, *, asked: bool = False) -> "View":
    """The task as it stands; a stranger's is not found, unless they were `asked` to take it."""
    work = (find_asked if asked else find_work)(tx, visit.by, id_)
    (order,) = list_by_id(tx, [work.order_id])
    items = find_items(tx, {line.sku for line in work.lines})
    stock = {
        level.key.sku: level.on_hand
        for level in list_levels_of(tx, sorted(items))
        if level.key.location_id == work.location_id
    }
    view = View(work, order, items, stock, visit)
    view.end = find_end(tx, work)
    view.counter = find_collection(tx, work.id)
    view.agreed = find_agreement(tx, work.order_id, work.delivery)
    view.troubles = list_troubles(tx, work.parcels)
    return view


class View:
    """A fulfillment as whoever works on it sees it."""

    end: Entry | None = None
    counter: Collection | None = None
    agreed: Agreement | None = None
    troubles: Mapping[UUID, str] = MappingProxyType({})  # What carriers said instead of a label.

    def __init__(
        self,
        work: Fulfillment,
        order: Order,
        items: Mapping[str, Item],
        stock: Mapping[str, int],
        visit: Visit,
    ) -> None:
        self.work = work
        self.taken_by = taken_by(work, visit)
        self.id = public_id("ful", work.id)
        self.order = order
        self.service = words.SERVICE[work.service]
        self.word = words.fulfillment_word(work.state, is_fetched=is_fetched(work))
        self.lines = [
            Piece(line, items.get(line.sku), stock.get(line.sku, 0)) for line in lines_of(work)
        ]
        self.units = sum(piece.line.quantity for piece in self.lines)
        self.picked = sum(piece.line.picked for piece in self.lines)
        self.due = due(work, order, visit)
        for line in work.lines:
            self.piece(line.sku).to_pack += to_pack(line)
        self.to_pack = sum(piece.to_pack for piece in self.lines)
        is_picked = self.picked == self.units
        goods_g = sum(
            piece.unit_g * (piece.to_pack if is_picked else piece.line.quantity)
            for piece in self.lines
        )
        self.box, tare_g = box_for(goods_g)
        self.weight_g = tare_g + goods_g
        self.parcels = [each for each in work.parcels if each.state != ParcelState.VOIDED]

    def piece(self, sku: str) -> "Piece":
        return next(each for each in self.lines if each.line.sku == sku)

    @property
    def is_held(self) -> bool:
        """Whether its order is kept back: whoever works on it stops."""
        return bool(self.order.holds) and self.work.is_live

    @property
    def is_locked(self) -> bool:
        """Whether too many wrong codes were said: only who they are counts now."""
        return self.counter is not None and self.counter.wrong_codes >= WRONG_CODES_MAX

    @property
    def proof(self) -> str:
        """By what a device knows the customer's code without a network, and without knowing it."""
        code = (self.work.pickup_code or "").encode()
        return pbkdf2_hmac("sha256", code, self.id.encode(), PROOF_ROUNDS).hex()


class Piece:
    """Units of one item to take from the shelf."""

    def __init__(self, line: TaskLine, item: Item | None, on_hand: int) -> None:
        self.line = line
        self.item = item
        self.on_hand = on_hand
        self.left = line.quantity - line.picked
        self.unit_g = item.weight_g if item else 0
        self.to_pack = 0  # In somebody's hand, and in no parcel yet.


def box_for(goods_g: int) -> tuple[str, int]:
    """The smallest box that bears these goods, and what it weighs."""
    return next((name, tare) for name, most, tare in BOXES if goods_g <= most)


def lines_of(work: Fulfillment) -> list[TaskLine]:
    """Lines by item: a scanner knows nothing of order lines."""
    found: dict[str, TaskLine] = {}
    for line in work.lines:
        before = found.get(line.sku, TaskLine(sku=line.sku, quantity=0, picked=0))
        found[line.sku] = TaskLine(
            sku=line.sku,
            quantity=before.quantity + line.quantity,
            picked=before.picked + line.picked,
        )
    return list(found.values())


def due(work: Fulfillment, order: Order, visit: Visit) -> Due:
    waiting = [each for each in work.offers if each.state == "open"]
    mine = (each for each in waiting if each.location_id == here(visit).id)
    offer = next(mine, waiting[0] if waiting else None)
    task = Task(
        id=work.id,
        order_id=work.order_id,
        order_number=order.number,
        service=work.service,
        state=work.state,
        planned_at=work.planned_at,
        changed_at=work.changed_at,
        carrier_service_id=None if is_fetched(work) else work.carrier_service_id,
        accept_by=offer.accept_by if offer else None,
        lines=(),
        milestones=order.milestones.get(work.id),
        collect_by=work.collect_by if is_fetched(work) else None,
    )
    return due_of(task, here(visit), visit.house.snapshot(), visit.now)


def taken_by(work: Fulfillment, visit: Visit) -> str:
    """The name of the location that was faster, or is asked alone now; nobody: it may be ours."""
    place = here(visit).id
    mine = next((each for each in work.offers if each.location_id == place), None)
    if place in (work.location_id, work.collect_at) or mine is None or mine.state == "open":
        return ""
    network = visit.house.snapshot().network
    return network.locations[network.position_of[work.location_id]].name


def find_end(tx: Tx, work: Fulfillment) -> Entry | None:
    """How it came that this work is not its location's any more; None as long as it is."""
    if work.is_live and work.state not in ("rejected", "withdrawn", "uncollected"):
        return None
    about = public_id("ful", work.id)
    told = [each for each in journal.list_of_order(tx, work.order_id) if each.subject == about]
    return told[-1] if told else None
