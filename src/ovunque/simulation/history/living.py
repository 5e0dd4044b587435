"""The past of a retailer from its first count to this moment."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from ovunque.promise.model import PriceBook
from ovunque.simulation.history import habits, preparing, selling, stories
from ovunque.simulation.history.chronicle import Chronicle
from ovunque.simulation.history.habits import local
from ovunque.simulation.history.house import House, hire
from ovunque.simulation.history.ledger import Ledger
from ovunque.simulation.history.stocking import Stocking
from ovunque.simulation.history.stories import Goods, Story
from ovunque.simulation.orders import OrderBody, order_bodies
from ovunque.simulation.retailer import Retailer
from ovunque.simulation.rows import ItemRow
from ovunque.sourcing.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a past needs besides its retailer; equal settings give equal pasts."""

    snapshot: Snapshot  # Its network, catalog and carriers; stock is counted by the past.
    prices: PriceBook
    company_prefix: str
    number: Callable[[], str]
    serial: Callable[[], int]
    seed: int
    orders: int
    now: datetime
    days: int = habits.DAYS

    @property
    def start(self) -> datetime:
        return local(self.now - timedelta(days=self.days), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """A past as it is written."""

    house: House
    goods: Goods
    stories: tuple[Story, ...]


def live(retailer: Retailer, setting: Setting) -> Lived:
    """Let it all happen, from the first count until now."""
    rng = Random(setting.seed)  # noqa: S311 - chance by seed
    snapshot = setting.snapshot
    skus = sorted(snapshot.catalog.items)
    locations = [each.id for each in snapshot.network.locations]
    ledger = Ledger(locations, skus, setting.start)
    goods = stories.goods_of(retailer.assortment.items)
    position_of = {each.code: at for at, each in enumerate(snapshot.network.locations)}
    ledger.open(goods.arrange(retailer.stock()), position_of)

    def prepare(work_id: UUID) -> None:
        preparing.begin(house, work_id)

    house = House(
        snapshot=snapshot,
        prices=setting.prices,
        ledger=ledger,
        chronicle=Chronicle(setting.start, rng),
        company_prefix=setting.company_prefix,
        number=setting.number,
        serial=setting.serial,
        prepare=prepare,
        staff=hire(snapshot, rng),
    )
    for levels in ledger.opening_levels(LEVELS_IN_FACT):
        house.chronicle.tell_stock("erp", levels)
    stories.stage(house, goods, setting.now)
    untouched = goods.names | still_there(retailer.assortment.items)
    Stocking(house, skus, untouched).begin(setting.days)
    order_all(house, retailer, untouched, setting)
    house.chronicle.run(setting.now)
    return Lived(house=house, goods=goods, stories=stories.list_stories(house, goods))


LEVELS_IN_FACT = 1_000  # As a count of so many levels is told.


def still_there(items: Sequence[ItemRow]) -> frozenset[str]:
    """Every other second-hand piece: there is one of each, and a past would sell them all."""
    return frozenset([each.sku for each in items if each.condition != "new"][::2])


def order_all(
    house: House, retailer: Retailer, untouched: Collection[str], setting: Setting
) -> None:
    """Shoppers come at the hours of their days, each with what they want."""
    rng = house.rng
    bodies = asked(order_bodies(retailer, rng), untouched)
    moments = sorted(draw_moment(setting, rng) for _ in range(setting.orders))

    def come(nth: int) -> None:
        if nth < len(moments):
            house.chronicle.at(moments[nth], lambda: shop(nth))

    def shop(nth: int) -> None:
        selling.place(house, selling.request_of(next(bodies)))
        come(nth + 1)

    come(0)


def asked(bodies: Iterator[OrderBody], untouched: Collection[str]) -> Iterator[OrderBody]:
    """Orders of anything but what the stories need for themselves, and what nobody bought yet."""
    return (body for body in bodies if not any(line["sku"] in untouched for line in body["lines"]))


def draw_moment(setting: Setting, rng: Random) -> datetime:
    """Some moment of the past, as likely as people shop then."""
    while True:
        day = setting.start + timedelta(days=rng.randrange(setting.days + 1), hours=12)
        if rng.random() * max(habits.WEEKDAYS) > habits.WEEKDAYS[day.weekday()]:
            continue
        hour = rng.choices(tuple(habits.HOURS), weights=tuple(habits.HOURS.values()))[0]
        at = local(day, hour, rng.randrange(60)) + timedelta(milliseconds=rng.randrange(60_000))
        if at <= setting.now:
            return at
