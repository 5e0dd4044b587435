"""Stores that refuse three in ten and ignore one in ten: who has the work, and after how long.

Time is virtual: minutes pass when nothing is due any more. `--sizes 1` takes a tenth of the orders.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from random import Random
from statistics import quantiles
from threading import Barrier
from uuid import UUID

from tests.factories import TESTER
from tests.shops import Shop, associate, open_shop

from bench.machine import facts_of
from bench.options import Options
from bench.report import Goal, Report, goal_of
from bench.stage import Size, open_stage
from ovunque.access.model import Actor
from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.model import OfferState, Reason
from ovunque.fulfillment.rejecting import RejectRequest, reject
from ovunque.kernel.ids import IdSource
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.model import Order
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.platform.migrating import migrate
from ovunque.sourcing.model.ruling import OfferMode, Offers, PlanStep, Strategy
from ovunque.sourcing.publishing import PublishRequest, known_in, publish, save_draft

STORES = 40
ORDERS = 300
RACES = 1_000
REFUSE, IGNORE = 0.3, 0.1
ANSWER_MINUTES = (1, 20)
MINUTES_MAX = 600
MODES = {
    "assign": Offers(mode=OfferMode.ASSIGN),
    "compete": Offers(mode=OfferMode.COMPETE, among=3),
}
CODES = tuple(f"L{nth:03}" for nth in range(1, STORES + 1))
SKUS = tuple(f"COAT-{nth:02}" for nth in range(20))
STOCK = {(code, sku): 60 for code in CODES for sku in SKUS}
RACERS = CODES[:3]


def run(options: Options) -> Report:
    """The report of both modes on the same orders, and of many who claim the same at once."""
    orders = ORDERS // 10 if options.sizes == 1 else ORDERS
    figures: dict[str, float] = {}
    violations: list[str] = []
    with open_stage(Size(items=10)) as stage:
        facts = facts_of(stage.cluster)

        def on(name: str, work: Callable[[Shop], dict[str, float]]) -> None:
            stage.cluster.ensure_database(f"offers_{name}")
            migrate(stage.cluster.url(f"offers_{name}"))
            new_id = IdSource(lambda: int(now().timestamp() * 1_000), Random(1).getrandbits)
            with Database(stage.cluster.url(f"offers_{name}")) as database:
                with open_shop(database, new_id, STOCK, STORES + 1) as shop:
                    figures.update({f"{name}: {k}": v for k, v in work(shop).items()})
                violations.extend(str(each) for each in check_now(database))

        for name, offers in MODES.items():
            on(name, lambda shop, offers=offers: live(shop, offers, orders))  # type: ignore[misc]
            options.tell(f"{name}: {orders} orders")
        races = RACES // 10 if options.sizes == 1 else RACES
        on("races", lambda shop: race(shop, races))
    won = figures["races: with one owner"] / figures["races: works"]
    goals: list[Goal] = [goal_of("raced claims with one owner", 1, (won, 1.0), 1.0)]
    return Report(
        benchmark="offers", facts=facts, goals=goals, figures=figures, violations=violations
    )


def rule(shop: Shop, offers: Offers) -> None:
    strategy = Strategy(code="asking", name="Asking", steps=(PlanStep(name="All"),), offers=offers)
    snapshot = shop.services.snapshot()
    asked = PublishRequest(code="asking", known=known_in(snapshot.network, snapshot.delivery))
    shop.transact(lambda tx, by: save_draft(tx, by, strategy, shop.now))
    shop.transact(lambda tx, by: publish(tx, by, asked, shop.now))
    assert wait_until(lambda: shop.services.snapshot().steering.asks, seconds=20)


@dataclass
class People:
    """What every store will do about what it sees, and when."""

    shop: Shop
    chance: Random = field(default_factory=lambda: Random(7))
    seen: set[UUID] = field(default_factory=set)
    later: dict[int, list[tuple[UUID, UUID]]] = field(default_factory=dict)

    def look(self, minute: int) -> None:
        """Decide about new offers: most are answered some minutes later."""
        rows = self.shop.database.read(
            lambda tx: tx.execute(
                "select id, fulfillment_id, location_id from offer where state = 'open' order by id"
            ).fetchall()
        )
        for id_, work_id, location_id in rows:
            if id_ in self.seen:
                continue
            self.seen.add(id_)
            if self.chance.random() >= IGNORE:
                at = minute + self.chance.randint(*ANSWER_MINUTES)
                self.later.setdefault(at, []).append((work_id, location_id))

    def answer(self, minute: int) -> None:
        for work_id, location_id in self.later.pop(minute, ()):
            by, shop = replace(TESTER, location_id=location_id), self.shop
            no = RejectRequest(fulfillment_id=work_id, reason=Reason.NO_TIME)
            refuses = self.chance.random() < REFUSE / (1 - IGNORE)
            try:
                if refuses:
                    shop.database.transact(lambda tx: reject(tx, by, no, shop.now))  # noqa: B023
                else:
                    shop.database.transact(lambda tx: accept(tx, by, work_id, shop.now))  # noqa: B023
            except Refusal as refusal:
                if refusal.code not in ("offer_closed", "transition_refused", "stock_gone"):
                    raise


def live(shop: Shop, offers: Offers, count: int) -> dict[str, float]:
    """Orders of one minute, until each is somebody's work or a person's question."""
    rule(shop, offers)
    placed = [shop.order([(SKUS[nth % len(SKUS)], 1)]) for nth in range(count)]
    began, people = shop.now, People(shop)
    for minute in range(MINUTES_MAX):
        people.answer(minute)
        shop.settle()
        people.look(minute)
        if not people.later and not open_ones(shop):
            break
        shop.pass_time(minutes=1)
    read = [shop.read(order.id) for order in placed]
    states: Counter[OfferState] = Counter(
        offer.state for order in read for work in order.fulfillments for offer in work.offers
    )
    claims = [
        (offer.closed_at - began).total_seconds() / 60
        for order in read
        for work in order.fulfillments
        for offer in work.offers
        if offer.state == OfferState.CLAIMED and offer.closed_at is not None
    ]
    tenths = quantiles(claims, n=10)
    unplaced = sum(line.unplaced for order in read for line in order.lines)
    return {
        "orders": count,
        "taken": len(claims),
        "for a person": unplaced,
        "not at an end": count - len(claims) - unplaced,
        "noes per order": states[OfferState.REJECTED] / count,
        "left alone per order": states[OfferState.EXPIRED] / count,
        "offers per order": states.total() / count,
        "minutes to claim, p50": tenths[4],
        "minutes to claim, p90": tenths[8],
        "minutes to claim, most": max(claims),
    }


def open_ones(shop: Shop) -> bool:
    row = shop.database.read(
        lambda tx: tx.execute("select exists (select from offer where state = 'open')").fetchone()
    )
    return bool(row and row[0])


def race(shop: Shop, count: int) -> dict[str, float]:
    """Three stores claim every work at the same moment."""
    rule(shop, MODES["compete"])
    orders = [each for sku in SKUS for each in shop.order_many(count // len(SKUS), [(sku, 1)])]
    shop.settle()
    start = Barrier(len(RACERS))

    def claim_all(code: str) -> list[bool]:
        by = associate(shop, code)
        start.wait()
        return [claims(shop, order, by) for order in orders]

    with ThreadPoolExecutor(len(RACERS)) as stores:
        won = list(stores.map(claim_all, RACERS))
    owners = [sum(each) for each in zip(*won, strict=True)]
    return {
        "works": len(orders),
        "claims": len(orders) * len(RACERS),
        "with one owner": owners.count(1),
        **{f"won by {code}": sum(each) for code, each in zip(RACERS, won, strict=True)},
    }


def claims(shop: Shop, order: Order, by: Actor) -> bool:
    try:
        shop.database.transact(lambda tx: accept(tx, by, order.fulfillments[0].id, shop.now))
    except Refusal as refusal:
        if refusal.code != "offer_closed":
            raise
        return False
    return True
