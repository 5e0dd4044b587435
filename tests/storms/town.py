"""What is really there, whatever the books say: goods on shelves, people, parcels under way."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from tests.factories import TESTER
from tests.fakes import FakeCarrier
from tests.storms.database import SimDatabase
from tests.storms.kernel import Simulation
from tests.worlds import CHANNEL, World, build

from ovunque.access.model import Actor
from ovunque.catalog.model import ItemRequest
from ovunque.catalog.saving import save_items
from ovunque.kernel.ids import NewId
from ovunque.platform.database import Database
from ovunque.sourcing.model.ruling import Conditions, OfferMode, Offers, PlanStep, Strategy
from ovunque.sourcing.publishing import PublishRequest, publish, save_draft
from ovunque.sourcing.rules.findings import Known

CODES = ("L000", "L001", "L002", "L003")  # A warehouse and three stores.
SKUS = ("BELT", "COAT", "HAT", "SHOE")
SET = "SET"  # A hat and two belts.
RACE = Strategy(  # What goes to a door is offered to two at once.
    code="race",
    name="Race",
    when=Conditions(services=("home",)),
    steps=(PlanStep(name="All"),),
    offers=Offers(mode=OfferMode.COMPETE, among=2),
)
WORLD = World(locations=len(CODES), skus=SKUS, stock={})

Place = tuple[str, str]  # Location and item.


def found(database: Database, new_id: NewId, now: Any) -> None:
    """The network and the catalog that every run starts from."""
    build(database, WORLD, TESTER, new_id, now)
    bundle = ItemRequest(
        sku=SET,
        product=SET,
        titles={"en": "Hat and belts"},
        weight_g=900,
        components=(("HAT", 1), ("BELT", 2)),
    )
    database.transact(lambda tx: save_items(tx, TESTER, [bundle], now))
    known = Known(channels=[CHANNEL], groups=[], locations=CODES, carriers=[])
    asked = PublishRequest(code=RACE.code, known=known)
    database.transact(lambda tx: save_draft(tx, TESTER, RACE, now))
    database.transact(lambda tx: publish(tx, TESTER, asked, now))


@dataclass
class Town:
    """The truth of a run, and what everybody has been told."""

    sim: Simulation
    database: SimDatabase
    ids: Mapping[str, UUID]  # Of locations, by code.
    carrier: FakeCarrier = field(default_factory=FakeCarrier)
    building: Counter[Place] = field(default_factory=Counter)  # Units that are in the house,
    staged: Counter[Place] = field(default_factory=Counter)  # and how many of them are picked.
    gone: set[str] = field(default_factory=set)  # Tracking numbers of parcels that have left.
    answers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # By key.
    orders: dict[str, UUID] = field(default_factory=dict)  # That were acknowledged, by key.
    at_door: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def person(self, code: str) -> Actor:
        """Somebody who works at a location."""
        return replace(TESTER, name=f"people of {code}", location_id=self.ids[code])

    def on_shelf(self, code: str, sku: str) -> int:
        return self.building[code, sku] - self.staged[code, sku]

    def stage(self, code: str, sku: str, units: int) -> None:
        """Somebody has so many more in their hands."""
        self.staged[code, sku] = max(0, self.staged[code, sku] + units)

    def leave(self, code: str, units: Sequence[tuple[str, int]]) -> None:
        """Goods go out of the door."""
        for sku, quantity in units:
            self.building[code, sku] -= quantity
            self.stage(code, sku, -quantity)
            assert self.building[code, sku] >= 0, f"{code} gave away {sku} that it did not have"

    def arrives(self, tracking: str) -> None:
        """A parcel stands at the door of a store where somebody fetches it, if it goes to one."""
        for sscc, code in self.database.look(
            "select parcel.sscc, place.code from parcel "
            "join fulfillment as work on work.id = parcel.fulfillment_id "
            "join location as place on place.id = work.collect_at where parcel.tracking = %s",
            tracking,
        ):
            self.at_door[code].append(sscc)

    def remembers(self, key: str, answer: Any) -> None:
        """Every answer to a key: there must be one only."""
        if answer.status not in (429, 503):
            self.answers[key].add(f"{answer.status} {answer.body.get('id')}")

    def hears(self, key: str, answer: Any) -> None:
        """What an order was answered."""
        self.remembers(key, answer)
        if answer.status == 201:
            self.orders[key] = answer.body["id"]


def ids_of(database: SimDatabase) -> dict[str, UUID]:
    return dict(database.look("select code, id from location order by code"))
