"""Several tasks picked in one go: what to take from where, and into whose tote it goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from string import ascii_uppercase
from typing import Annotated

import fastapi
from starlette.responses import Response

from ovunque.catalog.listing import find_items
from ovunque.catalog.model import Item
from ovunque.catalog.substituting import list_substitutes
from ovunque.fulfillment.model import FulfillmentState as State
from ovunque.fulfillment.model import Reason
from ovunque.fulfillment.reopening import undoable
from ovunque.kernel.ids import parse_public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx
from ovunque.stock.reading import list_levels_of
from ovunque.web.screens import TASKS, screens
from ovunque.web.stores.acting import WAVE_LENGTH_MAX, tasks_of
from ovunque.web.stores.tasks import here
from ovunque.web.stores.undoing import undo_within
from ovunque.web.stores.view import Piece, View, read
from ovunque.web.visiting import Visit, Visiting

PICKED_FROM = (State.ACCEPTED, State.PICKING)
REASONS = {  # By key, as they stand on the screen.
    "1": Reason.NOT_FOUND,
    "2": Reason.DAMAGED,
    "3": Reason.DISPLAY,
    "4": Reason.SOLD_MEANWHILE,
    "5": Reason.NO_TIME,
    "6": Reason.CLOSED,
}

router = screens(TASKS)


@router.get("/wave")
def get_wave(
    visit: Visiting,
    tasks: Annotated[str, fastapi.Query(max_length=WAVE_LENGTH_MAX)] = "",
    hit: Annotated[str, fastapi.Query(max_length=64)] = "",
    of: Annotated[str, fastapi.Query(max_length=40)] = "",
) -> Response:
    """What these tasks want together; `hit` is the sku scanned a moment ago, `of` its task."""
    names = tasks_of(tasks, "")
    if names == [""]:
        return visit.go("/tasks?band=pick")
    return show_wave(visit, names, hit=hit, of=of)


def show_wave(visit: Visit, names: Sequence[str], *, status: int = 200, **more: object) -> Response:
    """The picking screen of some tasks, or what they have come to once all is picked."""
    wave = visit.read(lambda tx: read_wave(tx, visit, names))
    told = {"hit": "", "of": "", "scanned": "", "wrong": None, "refusal": None, **more}
    goes_on = wave.is_open or (wave.is_one and wave.first.is_held)
    template = "stores/pick.html" if goes_on else "stores/wave_done.html"
    return visit.page(template, status=status, wave=wave, reasons=REASONS, **told)


def read_wave(tx: Tx, visit: Visit, names: Sequence[str]) -> "Wave":
    """The tasks as they stand; what is a stranger's, or never was, is left out."""
    views = []
    for name in names:
        try:
            views.append(read(tx, visit, parse_public_id("ful", name)))
        except Refusal as refusal:
            if refusal.code != "not_found":
                raise
    if not views:
        raise Refusal("not_found", what="task")
    wave = Wave(views, undoable_until(visit, views))
    name_substitutes(tx, visit, wave)
    return wave


def name_substitutes(tx: Tx, visit: Visit, wave: "Wave") -> None:
    """What may go instead of what is still to be picked, and is free here."""
    open_ = {pull.sku: pull for pull in wave.pulls if pull.left}
    allowed = list_substitutes(tx, open_)
    skus = sorted({each.sku for mine in allowed.values() for each in mine})
    items, place = find_items(tx, skus), here(visit).id
    levels = list_levels_of(tx, skus) if skus else ()
    free = {each.key.sku: each.free for each in levels if each.key.location_id == place}
    for sku, mine in allowed.items():
        open_[sku].instead = [
            Instead(item=items[each.sku], asks=each.asks, free=free[each.sku])
            for each in mine
            if each.sku in items and free.get(each.sku, 0) > 0
        ]


def undoable_until(visit: Visit, views: Sequence[View]) -> datetime | None:
    """Until when all of them can still be given back; None where one cannot."""
    within = undo_within(visit)
    found = [
        offer.closed_at + within
        for view in views
        if view.work.state == State.ACCEPTED
        and (offer := undoable(view.work, view.work.offers, within, visit.now)) is not None
        and offer.closed_at is not None
    ]
    return min(found) if found and len(found) == len(views) else None


@dataclass(frozen=True, slots=True)
class Share:
    """So many units of an item are still missing in a tote."""

    letter: str
    left: int


class Tote:
    """One task of a wave, and the letter of what its pieces are put into."""

    def __init__(self, letter: str, view: View) -> None:
        self.letter = letter
        self.view = view
        self.is_held = view.is_held
        self.is_open = view.work.is_live and view.work.state in PICKED_FROM and not view.is_held
        self.is_lost = not view.work.is_live or view.work.state in (State.REJECTED, State.WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """An item that may go in the place of another, free here."""

    item: Item
    asks: bool
    free: int


class Pull:
    """Units of one item to take from the shelf, for all the tasks that want it."""

    def __init__(self, item: Item | None, sku: str, on_hand: int) -> None:
        self.item = item
        self.sku = sku
        self.on_hand = on_hand
        self.quantity = 0
        self.left = 0
        self.shares: list[Share] = []
        self.instead: list[Instead] = []
        self.task = ""  # Whose unit the next one is.

    def add(self, tote: Tote, piece: Piece) -> None:
        self.quantity += piece.line.quantity
        self.left += piece.left
        if piece.left:
            self.task = self.task or tote.view.id
            self.shares.append(Share(tote.letter, piece.left))

    @property
    def zone(self) -> str:
        return (self.item.category if self.item else None) or ""

    @property
    def codes(self) -> str:
        """All that a scanner may read on it."""
        return " ".join((self.sku, *(self.item.gtins if self.item else ())))

    @property
    def missing_max(self) -> int:
        """What one task can miss: a shortage is told of one task at a time."""
        return self.shares[0].left if self.shares else 0


class Wave:
    """Some tasks as whoever picks them sees them: merged by item, zone by zone."""

    def __init__(self, views: Sequence[View], undo_until: datetime | None = None) -> None:
        self.undo_until = undo_until
        self.totes = [
            Tote(letter, view) for letter, view in zip(ascii_uppercase, views, strict=False)
        ]
        pulls: dict[str, Pull] = {}
        for tote in self.totes:
            for piece in tote.view.lines if tote.is_open else ():
                sku = piece.line.sku
                pulls.setdefault(sku, Pull(piece.item, sku, piece.on_hand)).add(tote, piece)
        self.pulls = sorted(pulls.values(), key=lambda each: (not each.left, each.zone, each.sku))
        self.is_open = any(tote.is_open for tote in self.totes)
        self.is_one = len(self.totes) == 1
        self.first = self.totes[0].view
        self.names = ",".join(tote.view.id for tote in self.totes)
        self.units = sum(each.quantity for each in self.pulls)
        self.picked = self.units - sum(each.left for each in self.pulls)

    @property
    def next(self) -> Tote | None:
        """The first that somebody can go on with."""
        return next((tote for tote in self.totes if not (tote.is_lost or tote.is_held)), None)

    def letter_of(self, task: str) -> str:
        return next((tote.letter for tote in self.totes if tote.view.id == task), "")

    def wants(self, sku: str) -> bool:
        return any(each.sku == sku for each in self.pulls)
