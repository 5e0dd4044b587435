"""A walk through every screen there is, with something to see on each of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.factories import TESTER
from tests.web.living import Living, enter
from tests.web.wares import CHANNEL, MILAN, WAREHOUSE

from ovunque.access import store
from ovunque.access.model import Language, Role, SecondFactor
from ovunque.network.listing import find_location
from ovunque.platform import clock
from ovunque.platform.database import Tx
from ovunque.simulation.doors import Doors, lay_doors

JACKET, BELT, COAT, LOAFERS = "JK-LIN-SND-M", "BL-PEL-BLK-95", "CT-CSH-CML-S", "SH-CAM-NVY-42"
DRESS, BAG, SWEATER, SHIRT = "DR-SET-BRD-M", "BG-PEL-RST", "KN-LAN-OLV-L", "SR-COT-WHT-M"
TROUSERS, SCARF, HAT, BOOTS = "TR-LAN-GRY-L", "SC-CSH-SKY", "HT-LAN-BLK", "BT-PEL-BRN-38"
GLOVES = ("GL-PEL-BLK", "GL-LAN-GRY")
CARE, STORE, SELLER, ADMIN = "chiara", "marta", "sofia", "ada"
MERCHANDISER = "mara"
CAREFUL = ("nadia", "Nadia Riva", Role.ADMIN, None, Language.ENGLISH)  # Has a second factor.


@dataclass(frozen=True, slots=True)
class Stop:
    """A screen, who looks at it, and what it is called among the screenshots."""

    name: str
    login: str | None
    path: str
    scan: str | None = None  # Scanned there: what is to be seen comes after.


@dataclass(frozen=True, slots=True)
class Tour:
    living: Living

    def stops(self) -> Iterator[Stop]:
        """Every screen; orders are brought into the states that the screens are for."""
        mixed = self.order([(BAG, 1), (SHIRT, 1)])
        offered = self.order([(JACKET, 1), (SCARF, 1)])
        picking = self.take([(BOOTS, 1), (SCARF, 1), (JACKET, 1)], picks=[BOOTS])
        packing = self.take([(BOOTS, 1), (BELT, 1)], picks=[BOOTS, BELT])
        parcel = self.take([(BAG, 1), (BOOTS, 1)], picks=[BAG, BOOTS], weight_g=3_100)
        fetched = self.take([(DRESS, 1)], picks=[DRESS], collect_at=MILAN)
        self.take([(TROUSERS, 1)], picks=[TROUSERS], weight_g=700, collect_at=MILAN)
        self.order([(BOOTS, 1), (JACKET, 1), (SCARF, 1), (BAG, 1)])
        for cart in ([(SWEATER, 1)], [(TROUSERS, 2), (HAT, 1)], [(SHIRT, 3)], [(LOAFERS, 1)]):
            self.order(cart)
        rejected = self.order([("SC-LAN-BRN", 2)])
        self.reject(rejected)
        task = {name: f"/tasks/{work}" for name, (_, work) in self.tasks(locals()).items()}
        yield Stop("sign-in", None, "/sign-in")
        basket = f"line={SHIRT}:2&line={BAG}:1&postal_code=20121"
        yield Stop("shop", None, f"/shop/{CHANNEL}")
        yield Stop("shop-product", None, f"/shop/{CHANNEL}/items/{SHIRT}?postal_code=20121")
        yield Stop("shop-cart", None, f"/shop/{CHANNEL}/cart?{basket}")
        yield Stop("shop-stores", None, f"/shop/{CHANNEL}/stores?line={SHIRT}:1&postal_code=20121")
        yield Stop("tracking", None, mixed["links"]["tracking"].removeprefix("/v1"))
        yield Stop("orders", CARE, "/orders")
        yield Stop("orders-nothing", CARE, "/orders?q=nobody+has+this")
        yield Stop("order", CARE, f"/orders/{mixed['number']}")
        yield Stop("order-edit", CARE, f"/orders/{mixed['number']}/edit")
        yield Stop("order-sourced-again", CARE, f"/orders/{rejected['number']}")
        asked = f"/orders/{mixed['number']}?why_not={WAREHOUSE}#why"
        yield Stop("order-decision", CARE, asked)
        yield Stop("search", CARE, "/search?q=mar")
        yield Stop("items", CARE, "/items")
        yield Stop("item", CARE, f"/items/{BOOTS}?at={MILAN}")
        yield Stop("stock", CARE, "/stock")
        yield Stop("journal", CARE, f"/stock/journal?sku={BOOTS}")
        yield Stop("stock-nothing", CARE, "/stock?q=nobody+has+this")
        yield from self.office()
        yield Stop("nowhere", CARE, "/orders/OV-0")
        yield from self.doors()
        yield Stop("seller", SELLER, "/items?q=boots")
        yield Stop("seller-item", SELLER, f"/items/{BOOTS}")
        yield Stop("tasks", STORE, "/tasks?band=accept")
        for band in ("pick", "hand_over"):
            yield Stop(f"tasks-{band.replace('_', '-')}", STORE, f"/tasks?band={band}")
        yield from self.back_room()
        yield Stop("offer", STORE, task["offered"])
        yield Stop("pick", STORE, task["picking"])
        yield Stop("pick-wrong", STORE, task["picking"], scan=HAT)
        yield Stop("pack", STORE, task["packing"])
        yield Stop("parcel", STORE, task["parcel"])
        yield Stop("collect", STORE, task["fetched"])

    def doors(self) -> Iterator[Stop]:
        """Who may enter, and how."""
        self.lay_doors()
        yield Stop("people", ADMIN, "/people")
        yield Stop("keys", ADMIN, "/keys")
        yield Stop("names", ADMIN, "/names")
        yield Stop("devices", ADMIN, "/devices")
        yield Stop("providers", ADMIN, "/providers")
        yield Stop("sign-in-code", CAREFUL[0], "/sign-in/code")
        yield Stop("account", STORE, "/account")
        yield Stop("prove", CARE, "/prove")

    def back_room(self) -> Iterator[Stop]:
        """What a store does beside its tasks."""
        yield Stop("reservation", STORE, f"/reservations/{self.reserve([DRESS, BAG])}")
        count = f"/shelf-counts/{self.count()}"
        yield Stop("count", STORE, count)
        yield Stop("count-review", STORE, f"{count}/review")
        for name in ("pickups", "arrivals", "reservations"):
            yield Stop(name, STORE, f"/{name}")

    def office(self) -> Iterator[Stop]:
        """Where rules and terms are written."""
        yield Stop("piece", CARE, f"/items/{self.take_in(SHIRT)}")
        yield Stop("feed", MERCHANDISER, f"/feeds/{self.write_off(SWEATER)}")
        yield Stop("feeds", MERCHANDISER, "/feeds")
        yield Stop("source", MERCHANDISER, "/sources?code=wms")
        yield Stop("transfers", MERCHANDISER, "/transfers")
        yield Stop("transfer", MERCHANDISER, "/transfers/new")
        levels = [{"location": MILAN, "sku": each} for each in GLOVES]  # Nobody orders them here.
        self.living.ask("POST", "/v1/count-tasks", json={"levels": levels})
        yield Stop("counts", MERCHANDISER, "/counts")
        yield Stop("strategies", MERCHANDISER, "/strategies")
        yield Stop("strategy", MERCHANDISER, "/strategies/new?aim=balanced")
        yield Stop("protections", MERCHANDISER, "/protections")
        yield Stop("protection", MERCHANDISER, "/protections/new")
        yield Stop("carriers", MERCHANDISER, "/carriers")
        draft_of(self.living)
        yield Stop("carrier", MERCHANDISER, "/carriers/aquilone/standard")
        yield Stop("carrier-review", MERCHANDISER, "/carriers/aquilone/standard/review")
        yield Stop("carrier-lane", MERCHANDISER, "/carriers/aquilone/standard/lanes")
        yield Stop("emissions", MERCHANDISER, "/emissions")
        yield Stop("imports", MERCHANDISER, "/imports")
        yield Stop("monitor", MERCHANDISER, "/monitor")
        yield Stop("promises", MERCHANDISER, "/promises?by=lane")
        yield Stop("prices", MERCHANDISER, "/prices")
        yield Stop("locations", CARE, "/locations")
        yield Stop("location", MERCHANDISER, f"/locations/{MILAN}")

    def lay_doors(self) -> None:
        """A provider, programs, devices, and somebody who needs a code to come in."""
        database, new_id, now = self.living.database, clock.new_id_source(), clock.now()
        doors = Doors(
            by=TESTER,
            store_id=database.read(lambda tx: find_location(tx, MILAN)).id,
            new_id=new_id,
            new_secret=clock.new_secret,
            now=now,
        )
        database.transact(lambda tx: lay_doors(tx, doors))
        enter(database, new_id, CAREFUL)

        def set_up(tx: Tx) -> None:
            nadia = next(each for each in store.list_people(tx) if each.login == CAREFUL[0])
            factor = SecondFactor(person_id=nadia.id, secret=bytes(20), confirmed_at=now)
            store.save_factor(tx, factor)

        database.transact(set_up)

    def tasks(self, found: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
        """The fulfillment of each order that a store works on."""
        named = ("offered", "picking", "packing", "parcel", "fetched")
        return {name: (found[name], self.living.work_of(found[name])[0]["id"]) for name in named}

    def order(self, cart: list[tuple[str, int]], collect_at: str | None = None) -> dict[str, Any]:
        order = self.living.order(cart, collect_at)
        self.living.wait_until_offered(order)
        return order

    def take(
        self,
        cart: list[tuple[str, int]],
        picks: list[str],
        weight_g: int | None = None,
        collect_at: str | None = None,
    ) -> dict[str, Any]:
        """An order that a store has accepted, picked, and packed when it has a weight."""
        order = self.order(cart, collect_at)
        (work,) = self.living.work_of(order)
        if work["state"] == "offered":  # A warehouse takes its work at once.
            self.do(work, "acceptance", {})
        for sku in picks:
            self.do(work, "picks", {"barcode": sku, "quantity": 1})
        if weight_g is not None:
            self.do(work, "parcels", {"weight_g": weight_g})
            self.living.wait_for(order, "ready")
        return order

    def reserve(self, skus: list[str]) -> str:
        """What a visitor wants to try; another one's things are on their shelf."""
        for name, shelf in (("Irene Fontana", "R2"), ("Nadia Serra", None)):
            body = {
                "channel": CHANNEL,
                "location": MILAN,
                "customer": {"name": name, "email": f"{name[:5]}@example.com"},
                "lines": [{"sku": sku, "quantity": 1} for sku in skus],
            }
            answer = self.living.ask("POST", "/v1/store-reservations", json=body)
            assert answer.status_code == 201, answer.text
            at = f"/v1/store-reservations/{answer.json()['id']}/set-asides"
            if shelf is not None:
                self.living.ask("POST", at, json={"shelf": shelf})
        return str(answer.json()["id"])

    def count(self) -> str:
        """A count of shelves with something right, something missing and something strange."""
        body = {"location": MILAN, "skus": [SCARF, BELT]}
        id_ = str(self.living.ask("POST", "/v1/shelf-counts", json=body).json()["id"])
        for code in (SCARF, "4099999999996", SCARF, BELT):
            self.living.ask("POST", f"/v1/shelf-counts/{id_}/scans", json={"code": code})
        return id_

    def take_in(self, sku: str) -> str:
        """A second-hand piece, with a picture of it and a word about its traces."""
        body = {
            "sku": f"{sku}-U1",
            "like": sku,
            "serial": "SN-1",
            "condition": "used_a",
            "price_cents": 4_900,
            "location": MILAN,
            "note": "Worn a few times, no visible trace.",
            "photos": ["/pictures/shirts/white/used_a/1.svg"],
        }
        answer = self.living.ask("POST", "/v1/pieces", json=body)
        assert answer.status_code == 201, answer.text
        return f"{sku}-U1"

    def write_off(self, sku: str) -> str:
        """Movements that take away more value than may go without a word."""
        name = f"flood-{next(self.living.orders)}"
        gone = {
            "id": name,
            "location": WAREHOUSE,
            "sku": sku,
            "kind": "written_off",
            "quantity": 20,
            "occurred_at": datetime.now(UTC).isoformat(),
            "reason": "water damage",
        }
        body = {"source": "wms", "movements": [gone]}
        headers = {"Idempotency-Key": name}
        answer = self.living.ask("POST", "/v1/stock/movements", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["held"])

    def reject(self, order: dict[str, Any]) -> None:
        (work,) = self.living.work_of(order)
        self.do(work, "rejection", {"reason": "no_time"})
        self.living.wait_for(order, "offered", "rejected")

    def do(self, work: dict[str, Any], what: str, body: dict[str, Any]) -> None:
        answer = self.living.ask("POST", f"/v1/fulfillments/{work['id']}/{what}", json=body)
        assert answer.status_code == 201, answer.text


def draft_of(living: Living) -> None:
    """Other terms of the carrier, with a gap to look at."""
    at = "/v1/carriers/aquilone/standard"
    terms = living.ask("GET", f"{at}/terms").json()["terms"]
    terms["lanes"][0]["rates"] = []
    terms["conditions"]["surcharge_ppm"] = 45_000
    body = terms | {"carrier": "aquilone", "service": "standard"}
    answer = living.ask("PUT", f"{at}/draft", json=body)
    assert answer.status_code == 200, answer.text
