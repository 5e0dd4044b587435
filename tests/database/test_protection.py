"""Protected units on a real database: no channel takes what is kept from it, in any race."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import timedelta
from multiprocessing import get_context
from uuid import UUID

import pytest
from tests.factories import NOW, TESTER, cart, take
from tests.rivals import buy_many
from tests.worlds import CHANNEL, World, build, order_request, place_code, place_id

from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.network.listing import find_channel
from ovunque.network.model import ChannelRequest
from ovunque.network.saving import save_channel
from ovunque.orders.drafting import draft
from ovunque.platform import journal
from ovunque.platform.database import Database, Tx
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.batching import plan_all
from ovunque.sourcing.planning import Wish, snapshot_shelf
from ovunque.sourcing.previewing import preview
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock import events
from ovunque.stock.claiming import claim
from ovunque.stock.model import Ask, Key, Move, ProtectionRequest, Taken
from ovunque.stock.protecting import (
    find_protection,
    list_protections,
    remove_protection,
    rules_of,
    save_protection,
    save_protections,
)

TILL = "till-it"
COAT_HOME = order_request([("COAT", 1)], "anna")
SIX_FOR_STORES = ProtectionRequest(code="six", kind="share", units=6, channels=(TILL,))


class House:
    """Ten coats in one place, a web shop and tills that both sell them."""

    def __init__(self, database: Database, new_id: NewId) -> None:
        self.database, self.new_id = database, new_id
        world = World(locations=2, skus=["COAT", "HAT"], stock={("L000", "COAT"): 10})
        build(database, world, TESTER, new_id, NOW)
        web = database.read(lambda tx: find_channel(tx, CHANNEL))
        told = {each.name: getattr(web, each.name) for each in fields(ChannelRequest)}
        request = replace(ChannelRequest(**told), code=TILL, name="Tills", kind="till")
        database.transact(lambda tx: save_channel(tx, TESTER, request, NOW, new_id))
        self.web = web.id
        self.till = database.read(lambda tx: find_channel(tx, TILL)).id
        self.key = Key("COAT", database.read(lambda tx: place_id(tx, place_code(0))))

    def protect(self, *rules: ProtectionRequest) -> None:
        self.database.transact(lambda tx: save_protections(tx, TESTER, rules, NOW))

    def buy(self, channel_id: UUID, quantity: int = 1) -> bool:
        ask = Ask(plans=((take(self.new_id, self.key, quantity),),), channel_id=channel_id)
        claimed = self.database.transact(lambda tx: claim(tx, [ask], NOW))
        return isinstance(claimed.outcomes[0], Taken)

    def reserved(self) -> dict[UUID, int]:
        def read(tx: Tx) -> dict[UUID, int]:
            rows = tx.execute(
                "select channel_id, sum(quantity)::int from reservation "
                "where state = 'allocated' group by channel_id"
            )
            return dict(rows.fetchall())

        return self.database.read(read)

    def snapshot(self) -> Snapshot:
        return self.database.read(sourcing_snapshot.load)

    def shown(self, channel_id: UUID, snapshot: Snapshot | None = None) -> int:
        told = snapshot or self.snapshot()
        return int(told.sellable("COAT", channel_id, NOW).sum())


@pytest.fixture
def house(database: Database, new_id: NewId) -> House:
    return House(database, new_id)


def test_the_web_may_take_four_when_stores_hold_four_of_their_six(house: House) -> None:
    house.protect(SIX_FOR_STORES)
    assert house.buy(house.till, 4)

    assert house.shown(house.web) == 4
    assert not house.buy(house.web, 5)
    assert house.buy(house.web, 4)
    assert not house.buy(house.web)
    assert house.buy(house.till, 2)
    assert house.reserved() == {house.web: 4, house.till: 6}


def test_channels_that_share_a_location_never_take_what_is_kept_from_them(house: House) -> None:
    """Forty web shoppers and ten at the tills at the same moment: the tills' six stay theirs."""
    house.protect(SIX_FOR_STORES)

    def shop(turn: int) -> bool:
        return house.buy(house.till if turn % 5 == 0 else house.web)

    with ThreadPoolExecutor(8) as shoppers:
        list(shoppers.map(shop, range(50)))

    reserved = house.reserved()
    assert reserved[house.web] <= 4
    assert reserved[house.web] + reserved[house.till] == 10


def test_who_is_planned_together_is_planned_on_what_its_own_channel_may_take(house: House) -> None:
    house.protect(ProtectionRequest(code="recall", kind="stop", sku="COAT", channels=(CHANNEL,)))
    snapshot = house.snapshot()
    shelf = snapshot_shelf(snapshot, NOW, ["COAT", "HAT"])
    needs = draft(COAT_HOME, snapshot, shelf, house.new_id).needs

    def planned(*channels: str) -> list[bool]:
        views = [snapshot.network.channels[each] for each in channels]
        wishes = [Wish(channel=each, needs=needs, whole=True, now=NOW) for each in views]
        return [each is not None for each in plan_all(snapshot, shelf, wishes)]

    assert planned(TILL, CHANNEL) == [True, False]
    assert planned(CHANNEL, TILL) == [False, True]


def test_two_processes_never_sell_what_is_kept(house: House, database_url: str) -> None:
    """Web and tills sell from the same shelf in two processes, four hands each."""
    house.protect(SIX_FOR_STORES)
    carts = [house.web, house.web, house.till, house.web] * 6

    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        asked = (database_url, house.key.sku, house.key.location_id, carts)
        sold = [processes.submit(buy_many, *asked) for _ in range(2)]
        assert sum(each.result(60) for each in sold) == 10

    reserved = house.reserved()
    assert reserved[house.web] <= 4
    assert reserved[house.web] + reserved[house.till] == 10


def test_a_stop_ends_sales_at_once_and_only_where_it_says(house: House) -> None:
    house.protect(ProtectionRequest(code="recall", kind="stop", sku="COAT", channels=(CHANNEL,)))
    assert not house.buy(house.web)
    assert house.buy(house.till)
    assert (house.shown(house.web), house.shown(house.till)) == (0, 9)

    house.database.transact(lambda tx: remove_protection(tx, TESTER, "recall", NOW))
    assert house.buy(house.web)


def test_rules_go_by_what_item_and_place_are_today(house: House) -> None:
    here = ProtectionRequest(code="home-only", kind="stop", product="COAT", group="home")
    house.protect(here)
    assert not house.buy(house.web)

    house.protect(replace(here, product="HAT"))
    assert house.buy(house.web)


def test_what_was_reserved_before_a_rule_stays_and_moves_within_its_place(house: House) -> None:
    before = take(house.new_id, house.key, 3)
    asks = [Ask(plans=((before,),), channel_id=house.web)]
    house.database.transact(lambda tx: claim(tx, asks, NOW))
    house.protect(ProtectionRequest(code="stop", kind="stop"))

    after = take(house.new_id, house.key, 3)
    moved = house.database.transact(
        lambda tx: claim(tx, [Move(gives=(before,), plans=((after,),))], NOW)
    )

    assert isinstance(moved.outcomes[0], Taken)
    assert house.reserved() == {house.web: 3}  # The channel went along.


def test_the_snapshot_follows_rules_and_what_shares_have_taken(house: House) -> None:
    snapshot = house.snapshot()

    def follow() -> None:
        entries = house.database.read(lambda tx: journal.read(tx, snapshot.version, 100))
        snapshot.apply(house.database, entries)

    assert house.shown(house.web, snapshot) == 10
    house.protect(SIX_FOR_STORES)
    follow()
    assert house.shown(house.web, snapshot) == 4
    ask = [cart(house.new_id, house.key, channel_id=house.till)]

    def sell(tx: Tx) -> None:
        claimed = claim(tx, ask, NOW)
        journal.record(tx, [events.changed(claimed.levels)], by="test", at=NOW)

    house.database.transact(sell)
    follow()
    assert house.shown(house.web, snapshot) == 4
    assert house.shown(house.till, snapshot) == 9


def test_a_preview_tells_what_would_leave_sale_and_writes_nothing(house: House) -> None:
    house.buy(house.till, 4)
    snapshot = house.snapshot()

    def look(tx: Tx, *requests: ProtectionRequest) -> list[tuple[str, str, int, int]]:
        found = preview(tx, snapshot, rules_of(tx, requests), (), NOW)
        assert found.is_complete
        return [(each.channel, each.sku, each.before, each.after) for each in found.changes]

    assert house.database.read(lambda tx: look(tx, SIX_FOR_STORES)) == [(CHANNEL, "COAT", 6, 4)]
    everybody = ProtectionRequest(code="tenth", kind="buffer", percent=10)
    assert house.database.read(lambda tx: look(tx, everybody)) == [
        (TILL, "COAT", 6, 5),
        (CHANNEL, "COAT", 6, 5),
    ]
    assert house.database.read(list_protections) == ()
    house.protect(everybody)
    snapshot = house.snapshot()
    found = house.database.read(lambda tx: preview(tx, snapshot, [], ["tenth"], NOW))
    assert [(each.channel, each.before, each.after) for each in found.totals] == [
        (TILL, 5, 6),
        (CHANNEL, 5, 6),
    ]


def test_rules_are_kept_changed_and_guarded_by_their_version(house: House) -> None:
    database = house.database
    until = NOW + timedelta(days=7)
    told = ProtectionRequest(
        code="launch",
        kind="share",
        percent=50,
        category="coats",
        channels=(CHANNEL, TILL),
        location="L001",
        ends_at=until,
    )
    saved = database.transact(lambda tx: save_protection(tx, TESTER, told, NOW))
    assert (saved.version, saved.ends_at, saved.location) == (1, until, "L001")
    assert saved.channels == (TILL, CHANNEL)
    again = database.transact(lambda tx: save_protections(tx, TESTER, [told], NOW))
    assert again.unchanged == 1

    with pytest.raises(Refusal, match="version_conflict"):
        database.transact(
            lambda tx: save_protection(
                tx, TESTER, replace(told, percent=5), NOW, expected_version=9
            )
        )
    for wrong in (
        replace(told, location="NOWHERE"),
        replace(told, channels=("nobody",)),
        replace(told, location=None, group="no-group"),
        replace(told, category=None, sku="NO-SUCH"),
    ):
        with pytest.raises(Refusal) as refused:
            database.transact(lambda tx, wrong=wrong: save_protection(tx, TESTER, wrong, NOW))  # type: ignore[misc]
        assert refused.value.errors[0].code == "unknown_reference"
    database.transact(lambda tx: remove_protection(tx, TESTER, "launch", NOW))
    with pytest.raises(Refusal, match="not_found"):
        database.read(lambda tx: find_protection(tx, "launch"))
