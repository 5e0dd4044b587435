"""The demo's people at work: shoppers order, stores work, carriers tell, at a pace to watch.

They use the API like everybody else's programs, and know nothing that it does not tell them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any, Protocol

from ovunque.simulation.orders import OrderBody

Json = Mapping[str, Any]
PAGE = 100
PAGES_MAX = 5
LOOK_EVERY = timedelta(seconds=2)
VISIT_EVERY = timedelta(seconds=45)
ORDER_SECONDS = 6.0  # In the mean, from one order to the next.
PROMISE_PERCENT = 60  # Of shoppers who look at their options first.

# Seconds, from the least to the most.
ANSWER, PICK, PACK, FETCH, SCAN = (5, 40), (4, 25), (3, 15), (20, 90), (8, 35)
UNLOAD = (5, 30)  # After the carrier has told that a parcel is at the store.
REJECT_PERCENT, IGNORE_PERCENT, SHORT_PERCENT = 7, 4, 3
REASONS = ("not_found", "damaged", "display", "sold_meanwhile", "no_time")
WAY = ("in_transit", "out_for_delivery", "delivered")
LOOKED_AT = ("offered", "accepted", "picking", "picked", "ready", "awaiting_arrival")


def is_fetched(work: Json) -> bool:
    """Whether customers come for it: it never was in a parcel, or that has arrived here."""
    travels = any(parcel["state"] != "delivered" for parcel in work["parcels"])
    return not travels and work["service"] not in ("home", "express", "pickup_point")


class Door(Protocol):
    """The API as a program reaches it."""

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Json]:
        """Status and document of the answer; (0, {}) when nobody answers."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Troupe:
    """Who acts: what they want to buy, who carries, and their chance."""

    bodies: Iterator[OrderBody]
    carriers: tuple[str, ...]
    rng: Random


class Stage:
    """What somebody is about to do, in the order in which it is due."""

    def __init__(self, door: Door, troupe: Troupe, now: datetime) -> None:
        self.done: Counter[str] = Counter()
        self._door = door
        self._troupe = troupe
        self._rng = troupe.rng
        self._now = now
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._turn = count()
        self._busy: set[tuple[str, str, bool]] = set()  # Work and state that somebody attends to.
        self._at(0, self._shop)
        self._at(0, self._look)
        self._at(VISIT_EVERY.total_seconds(), self._visit)

    def play(self, now: datetime) -> None:
        """Do all that is due by now."""
        while self._due and self._due[0][0] <= now:
            self._now, _, deed = heappop(self._due)
            self._now = max(self._now, now)
            deed()
        self._now = now

    def account(self) -> str:
        """What has been done so far, in a line."""
        return ", ".join(f"{number} {what}" for what, number in sorted(self.done.items()))

    def _at(self, seconds: float, deed: Callable[[], None]) -> None:
        when = self._now + timedelta(seconds=seconds)
        heappush(self._due, (when, next(self._turn), deed))

    def _within(self, span: tuple[float, float], deed: Callable[[], None]) -> None:
        self._at(self._rng.uniform(*span), deed)

    def _chance(self, percent: float) -> bool:
        return self._rng.random() * 100 < percent

    def _do(self, what: str, path: str, body: Any) -> Json | None:
        """The answer to a deed; None when it was refused or came too late."""
        status, answer = self._door.ask("POST", path, body)
        is_done = status in (200, 201)
        self.done[what if is_done else f"{what} (refused)"] += 1
        return answer if is_done else None

    def _list(self, path: str) -> Iterator[Json]:
        cursor = ""
        for _ in range(PAGES_MAX):
            status, page = self._door.ask("GET", f"{path}&limit={PAGE}{cursor}")
            if status != 200:
                return
            yield from page["data"]
            if not page.get("next_cursor"):
                return
            cursor = f"&cursor={page['next_cursor']}"

    def _shop(self) -> None:
        """Somebody orders, most of them with the promise that they chose."""
        self._at(self._rng.expovariate(1 / ORDER_SECONDS), self._shop)
        body: dict[str, Any] = {**next(self._troupe.bodies)}
        if body["on_shortage"] == "refuse" and self._chance(PROMISE_PERCENT):
            option = self._choose(body)
            if option is not None:
                (delivery,) = body["deliveries"]
                body["deliveries"] = [{**delivery, "promise": option["token"]}]
        self._do("orders", "/v1/orders", body)

    def _choose(self, body: Mapping[str, Any]) -> Json | None:
        """One of the options of a cart, as people choose: by whim."""
        (delivery,) = body["deliveries"]
        cart: dict[str, Any] = {
            "channel": body["channel"],
            "lines": [{key: line[key] for key in ("sku", "quantity")} for line in body["lines"]],
            "services": [delivery["service"]],
        }
        if "address" in delivery:
            address = delivery["address"]
            cart["destination"] = {key: address[key] for key in ("country", "postal_code")}
        else:
            cart["locations"] = [delivery["location"]]
        status, quote = self._door.ask("POST", "/v1/promises", cart)
        options = quote.get("options", []) if status == 200 else []
        return self._rng.choice(options) if options else None

    def _look(self) -> None:
        """The stores' people look at what there is to do."""
        self._at(LOOK_EVERY.total_seconds(), self._look)
        for state in LOOKED_AT:
            for work in self._list(f"/v1/fulfillments?state={state}"):
                key = (work["id"], state, is_fetched(work))
                if key not in self._busy:
                    self._busy.add(key)
                    self._attend(work)

    def _attend(self, work: Json) -> None:
        path = f"/v1/fulfillments/{work['id']}"
        match work["state"]:
            case "offered":
                if not self._chance(IGNORE_PERCENT):
                    self._within(ANSWER, lambda: self._answer(path))
            case "accepted" | "picking":
                self._within(PICK, lambda: self._pick(path, work))
            case "picked":
                weight_g = 300 + 400 * sum(line["quantity"] for line in work["lines"])
                packed = {"weight_g": min(weight_g, 30_000)}
                self._within(PACK, lambda: self._finish("packed", f"{path}/parcels", packed))
            case "ready" if is_fetched(work):
                shown = {"identity": "identity card"}
                self._within(FETCH, lambda: self._finish("fetched", f"{path}/handover", shown))
            case "awaiting_arrival" if is_fetched(work):
                self._within(UNLOAD, lambda: self._unload(work))

    def _unload(self, work: Json) -> None:
        """The store scans what has come for its customers."""
        for parcel in work["parcels"]:
            came = {"location": work["collect_at"], "sscc": parcel["sscc"]}
            self._do("received", "/v1/parcel-receipts", came)

    def _finish(self, what: str, path: str, body: Json) -> None:
        self._do(what, path, body)

    def _answer(self, path: str) -> None:
        if self._chance(REJECT_PERCENT):
            self._do("rejected", f"{path}/rejection", {"reason": self._rng.choice(REASONS)})
        else:
            self._do("accepted", f"{path}/acceptance", {})

    def _pick(self, path: str, work: Json) -> None:
        """The next line of a task, then the one after it; now and then it is not there."""
        line = next((row for row in work["lines"] if row["picked"] < row["quantity"]), None)
        if line is None:
            return
        units = line["quantity"] - line["picked"]
        asked = {"line": line["line"], "quantity": units}
        if self._chance(SHORT_PERCENT):
            missing = {**asked, "sku": line["sku"], "reason": "not_found"}
            after = self._do("short", f"{path}/shortages", missing)
        else:
            after = self._do("picked", f"{path}/picks", asked)
        if after is not None and after["state"] == "picking":
            self._busy.add((work["id"], "picking", is_fetched(after)))
            self._within(PICK, lambda: self._pick(path, after))

    def _visit(self) -> None:
        """Carriers come by where something waits for them, and see what they took."""
        self._at(VISIT_EVERY.total_seconds(), self._visit)
        waiting = {
            work["location"]
            for work in self._list("/v1/fulfillments?state=ready")
            if not is_fetched(work)
        }
        for location in sorted(waiting):
            for carrier in self._troupe.carriers:
                body = {"location": location, "carrier": carrier}
                status, manifest = self._door.ask("POST", "/v1/manifests", body)
                if status == 201:
                    self.done["carriers' visits"] += 1
                    self._take_along(carrier, manifest)

    def _take_along(self, carrier: str, manifest: Json) -> None:
        for parcel in manifest["parcels"]:
            tracking = parcel["tracking"]
            self._within(SCAN, lambda tracking=tracking: self._tell(carrier, tracking, 0))  # type: ignore[misc]

    def _tell(self, carrier: str, tracking: str, nth: int) -> None:
        """The carrier's next word of a parcel."""
        event = {
            "id": f"{tracking}-live-{nth}",
            "tracking": tracking,
            "state": WAY[nth],
            "occurred_at": self._now.isoformat(),
        }
        self._do(WAY[nth], "/v1/carrier-events", {"carrier": carrier, "events": [event]})
        if nth + 1 < len(WAY):
            self._within(SCAN, lambda: self._tell(carrier, tracking, nth + 1))
