"""Prices by the day of departure, and carriers that begin or end: a promise goes by them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.factories import TESTER
from tests.worlds import CHANNEL, World, build

from ovunque.delivery import drafting, saving
from ovunque.delivery.model import DatedTariff, TariffRequest, Terms
from ovunque.delivery.refining import save_tariffs
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database
from ovunque.promise.model import Address, CartLine, Option, PriceBook, PromiseRequest
from ovunque.promise.quoting import quote
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.planning import snapshot_shelf

NEW_YEAR = date(2031, 1, 1)
MONDAY = datetime(2030, 12, 30, 8, tzinfo=UTC)
AFTER = MONDAY + timedelta(days=7)
CART = PromiseRequest(
    channel=CHANNEL,
    lines=(CartLine(sku="COAT", quantity=1),),
    address=Address(country="IT", postal_code="20123"),
    services=("home",),
)


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Database:
    world = World(locations=2, skus=["COAT"], stock={("L000", "COAT"): 3, ("L001", "COAT"): 3})
    build(database, world, TESTER, new_id, MONDAY)
    return database


def standing(shop: Database) -> list[Terms]:
    return [*shop.read(drafting.find_standing).terms.values()]


def options(shop: Database, at: datetime) -> tuple[Option, ...]:
    seen = shop.read(sourcing_snapshot.load)
    return quote(seen, snapshot_shelf(seen, at), PriceBook(), CART, at).options


def cheapest(shop: Database, at: datetime) -> int:
    return min(each.cost_cents for each in options(shop, at))


def test_what_leaves_from_new_year_on_costs_the_new_tariff(shop: Database, new_id: NewId) -> None:
    """The cheapest of the old year, and 50 cents more for the same parcel in the new one."""
    before = cheapest(shop, MONDAY)
    assert cheapest(shop, AFTER) == before
    told = [
        TariffRequest(
            **lane.key._asdict(),
            rates=tuple((grams, cents + 50) for grams, cents in lane.rates),
            surcharge_cents=lane.surcharge_cents,
            valid_from=NEW_YEAR,
        )
        for terms in standing(shop)
        for lane in terms.lanes
    ]
    saved = shop.transact(lambda tx: save_tariffs(tx, TESTER, told, MONDAY, new_id))
    assert saved.changed == len(told)

    assert cheapest(shop, MONDAY) == before, "it leaves in the old year"
    assert cheapest(shop, AFTER) == before + 50
    again = shop.transact(lambda tx: save_tariffs(tx, TESTER, told, MONDAY, new_id))
    assert again.unchanged == len(told)
    assert check_now(shop) == ()


def test_two_tariffs_of_one_day_are_refused_with_their_row(shop: Database, new_id: NewId) -> None:
    lane = standing(shop)[0].lanes[0]
    winter = TariffRequest(
        **lane.key._asdict(),
        rates=lane.rates,
        valid_from=NEW_YEAR,
        valid_until=NEW_YEAR + timedelta(days=30),
    )
    late = replace(winter, valid_from=NEW_YEAR + timedelta(days=30), valid_until=None)
    with pytest.raises(Refusal) as refused:
        shop.transact(lambda tx: save_tariffs(tx, TESTER, [winter, late], MONDAY, new_id))
    assert ("/1/valid_from", "overlap") in [
        (each.pointer, each.code) for each in refused.value.errors
    ]
    early = replace(winter, valid_until=NEW_YEAR + timedelta(days=29))
    shop.transact(lambda tx: save_tariffs(tx, TESTER, [early, late], MONDAY, new_id))
    tariffs = next(
        each.tariffs for terms in standing(shop) for each in terms.lanes if each.key == lane.key
    )
    assert [each.valid_from for each in tariffs] == [early.valid_from, late.valid_from]
    assert tariffs[0] == DatedTariff(
        valid_from=NEW_YEAR, valid_until=NEW_YEAR + timedelta(days=29), rates=lane.rates
    )


def test_a_carrier_takes_parcels_from_its_first_day_to_its_last(
    shop: Database, new_id: NewId
) -> None:
    services = [each.service for each in standing(shop)]

    def valid(first: date | None, last: date | None) -> None:
        told = [replace(each, valid_from=first, valid_until=last) for each in services]
        shop.transact(lambda tx: saving.save_carrier_services(tx, TESTER, told, MONDAY, new_id))

    valid(NEW_YEAR, None)
    leaves = min(each.ready_at for option in options(shop, MONDAY) for each in option.parcels)
    assert leaves.date() >= date(2031, 1, 2), "New Year's day is a holiday"
    valid(None, NEW_YEAR - timedelta(days=1))
    assert options(shop, MONDAY)
    assert not [each for each in options(shop, AFTER) if not each.is_guess]
