"""An order as its customer sees it: no sign-in, the link alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from starlette.responses import Response

from ovunque.delivery.model import Service
from ovunque.fulfillment.rules.following import ORDER
from ovunque.orders.sharing import SharedDelivery, ShareRequest, find_shared
from ovunque.web import words
from ovunque.web.formatting import Formatter
from ovunque.web.language import M_
from ovunque.web.screens import open_screens
from ovunque.web.shoppers.nearing import end_of
from ovunque.web.visiting import Visit, Visiting
from ovunque.web.words import Word

PROGRESS: Mapping[str, Word] = {
    "undelivered": Word(M_("progress", "Something went wrong"), "danger", "triangle-alert"),
    "received": Word(M_("progress", "Received"), "neutral", "inbox"),
    "in_preparation": Word(M_("progress", "Being prepared"), "progress", "package-open"),
    "on_its_way": Word(M_("progress", "On its way"), "info", "truck"),
    "out_for_delivery": Word(M_("progress", "Comes today"), "info", "truck"),
    "ready_to_collect": Word(M_("progress", "Ready to collect"), "ready", "shopping-bag"),
    "delivered": Word(M_("progress", "Delivered"), "success", "circle-check"),
    "collected": Word(M_("progress", "Collected"), "success", "circle-check"),
    "canceled": Word(M_("progress", "Canceled"), "neutral", "ban"),
}

TO_A_DOOR = ("received", "in_preparation", "on_its_way", "delivered")
TO_A_COUNTER = ("received", "in_preparation", "ready_to_collect", "collected")
DOOR = M_("progress", "To your door")

router = open_screens()


@router.get("/tracking/{token}")
def get_tracking(visit: Visiting, token: str) -> Response:
    """How far each delivery is, when it comes, and where it is fetched."""
    snapshot = visit.house.snapshot()
    asked = ShareRequest(token=token, snapshot=snapshot, links=visit.house.settings.tracking_links)
    order = visit.read_doors(lambda tx: find_shared(tx, asked, visit.now))
    response = visit.page(
        "shoppers/tracking.html",
        order=order,
        channel=snapshot.network.channel_of[order.channel_id].channel,
        word=PROGRESS[min((e.progress for e in order.deliveries), key=ORDER.index)],
        parts=[Part(each, visit) for each in order.deliveries],
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@dataclass(frozen=True, slots=True)
class Day:
    """When a place is open on a day; nothing: it is closed."""

    day: date
    hours: str


@dataclass(frozen=True, slots=True)
class Step:
    """One of the steps of a delivery: behind it, where it is, or to come."""

    word: Word
    standing: str  # done, now, ahead


def steps_of(progress: str, *, is_fetched: bool) -> Sequence[Step]:
    """The way of a delivery; none where it has left it."""
    names = TO_A_COUNTER if is_fetched else TO_A_DOOR
    name = "on_its_way" if progress == "out_for_delivery" else progress
    if is_fetched and name == "on_its_way":
        name = "in_preparation"  # Goods that a store gets first are not there yet.
    if name not in names:
        return ()
    at = names.index(name)
    return [
        Step(
            PROGRESS[progress if nth == at and not is_fetched else each],
            "done" if nth < at or each == names[-1] == name else "now" if nth == at else "ahead",
        )
        for nth, each in enumerate(names)
    ]


class Part:
    """One delivery, by the clock of the place where it is fetched."""

    def __init__(self, delivery: SharedDelivery, visit: Visit) -> None:
        zone = delivery.place.time_zone if delivery.place else visit.formatter.zone
        self.f = Formatter(visit.language, zone, visit.now)
        self.delivery = delivery
        self.service = words.SERVICE[delivery.service]
        self.title = DOOR if delivery.service == Service.HOME else self.service.message
        self.steps = steps_of(delivery.progress, is_fetched=delivery.place is not None)
        self.word = PROGRESS[delivery.progress]
        self.parcels = [(each, words.PARCEL[each.state]) for each in delivery.parcels]
        self.days = [Day(day, self.told(spans)) for day, spans in delivery.hours or ()]

    def told(self, spans: Sequence[tuple[datetime, datetime]]) -> str:
        return ", ".join(
            f"{self.f.time(opens)}\N{EN DASH}{end_of(self.f.time(closes))}"
            for opens, closes in spans
        )
