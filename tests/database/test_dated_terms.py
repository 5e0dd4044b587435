"""Prices by the day of departure, and carriers that begin or end: a promise goes by them."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.factories import TESTER
from tests.worlds import CHANNEL, World, build, order_request

from ovunque.delivery import drafting, saving
from ovunque.delivery.model import DatedTariff, TariffRequest, Terms
from ovunque.delivery.refining import save_tariffs
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.drafting import draft
from ovunque.platform.database import Database
from ovunque.promise.model import Address, CartLine, Option, PriceBook, PromiseRequest
from ovunque.promise.quoting import quote
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.explaining import body_of, explain, remember
from ovunque.sourcing.model import Reason, SourcingPlan
from ovunque.sourcing.planning import Wish, plan, snapshot_shelf

ROME = ZoneInfo("Europe/Rome")
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
    valid(NEW_YEAR + timedelta(days=2), None)
    assert options(shop, MONDAY) == (), "nobody waits four days for the first pickup"
    valid(None, NEW_YEAR - timedelta(days=1))
    assert options(shop, MONDAY)
    assert options(shop, AFTER) == ()


def follow(shop: Database, new_id: NewId, *, first: date, cutoff: time = time(18)) -> None:
    """Another carrier, half as dear, works for us from a day on."""
    old = next(each for each in standing(shop) if each.service.promise == "home")
    new = replace(old.service, carrier="novo", name="novo", valid_from=first, cutoff=cutoff)
    lanes = [
        replace(
            each, carrier="novo", rates=tuple((grams, cents // 2) for grams, cents in each.rates)
        )
        for each in old.lanes
    ]
    shop.transact(lambda tx: saving.save_carrier_services(tx, TESTER, [new], MONDAY, new_id))
    shop.transact(lambda tx: saving.save_lanes(tx, TESTER, lanes, MONDAY, new_id))


def end(shop: Database, new_id: NewId, last: date) -> None:
    """The carrier that is there from the beginning comes for the last time."""
    told = [
        replace(each.service, valid_until=last)
        for each in standing(shop)
        if each.service.carrier == "gls"
    ]
    shop.transact(lambda tx: saving.save_carrier_services(tx, TESTER, told, MONDAY, new_id))


def carriers(shop: Database, at: datetime) -> set[str]:
    seen = shop.read(sourcing_snapshot.load)
    code = {each.id: each.carrier for each in seen.delivery.services}
    return {
        code[each.carrier_service_id]
        for option in options(shop, at)
        for each in option.parcels
        if each.carrier_service_id is not None
    }


def test_no_parcel_waits_for_a_cheaper_carrier_to_begin(shop: Database, new_id: NewId) -> None:
    """It would arrive weeks later: the cheapest is the cheapest of those who come."""
    before = cheapest(shop, MONDAY)
    february = date(2031, 2, 1)
    follow(shop, new_id, first=february)
    assert (carriers(shop, MONDAY), cheapest(shop, MONDAY)) == ({"gls"}, before)
    friday = datetime(2031, 1, 31, 8, tzinfo=UTC)
    assert carriers(shop, friday) == {"gls"}, "the day before it begins"
    monday = datetime(2031, 2, 3, 8, tzinfo=UTC)
    assert "novo" in carriers(shop, monday)
    assert cheapest(shop, monday) == before - 250
    assert sent_by(shop, new_id, MONDAY) == ["gls"], "nor is an order planned like that"
    assert sent_by(shop, new_id, monday) == ["novo"]


def test_one_carrier_follows_another_and_no_hour_is_unsold(shop: Database, new_id: NewId) -> None:
    """gls comes at 16:00 until New Year's eve; novo at 18:00 from the next day on.

    On New Year's eve at 15:30 a parcel is ready at 16:30: gls is gone, and novo does not come yet.
    It leaves on Thursday, and has Friday and, after Epiphany, Tuesday in transit.
    """
    follow(shop, new_id, first=NEW_YEAR)
    end(shop, new_id, NEW_YEAR - timedelta(days=1))

    def arrive(hour: int, minute: int = 0) -> set[datetime]:
        at = datetime(2030, 12, 31, hour, minute, tzinfo=ROME)
        return {each.latest for each in options(shop, at)}

    eve, friday = datetime(2030, 12, 31, 14, 30, tzinfo=UTC), datetime(2031, 1, 3, 18, tzinfo=ROME)
    assert carriers(shop, eve - timedelta(hours=5)) == {"gls"}
    assert arrive(10) == {friday}
    assert carriers(shop, eve) == {"novo"}
    assert arrive(15, 30) == arrive(23) == {datetime(2031, 1, 7, 18, tzinfo=ROME)}


@pytest.mark.parametrize("cutoff", [time(12), time(18)])
def test_what_is_remembered_of_carriers_changes_when_one_follows_another(
    shop: Database, new_id: NewId, cutoff: time
) -> None:
    """The same snapshot, asked through the hours of New Year's eve."""
    follow(shop, new_id, first=NEW_YEAR, cutoff=cutoff)
    end(shop, new_id, NEW_YEAR - timedelta(days=1))
    seen = shop.read(sourcing_snapshot.load)
    hours = [datetime(2030, 12, 31, hour, tzinfo=ROME) for hour in range(8, 24)]
    kept = [quote(seen, snapshot_shelf(seen, at), PriceBook(), CART, at).options for at in hours]
    afresh = [options(shop, at) for at in hours]
    assert [[each.latest for each in one] for one in kept] == [
        [each.latest for each in one] for one in afresh
    ]


def test_a_location_whose_carrier_ended_is_not_said_to_be_outranked(
    shop: Database, new_id: NewId
) -> None:
    end(shop, new_id, NEW_YEAR - timedelta(days=1))
    found = planned(shop, new_id, AFTER)
    body = json.loads(json.dumps(body_of([found]), default=str))
    shop.transact(lambda tx: remember(tx, [found.record.candidates]))
    ((told,),) = shop.read(lambda tx: explain(tx, [body]))
    assert {each.reason for each in told.candidates} == {Reason.NO_LANE}
    assert not told.parcels


def planned(shop: Database, new_id: NewId, at: datetime) -> SourcingPlan:
    """A coat to Milan by the cheapest plan of a moment."""
    seen = shop.read(sourcing_snapshot.load)
    shelf = snapshot_shelf(seen, at)
    drafted = draft(order_request([("COAT", 1)], "anna"), seen, shelf, new_id)
    wish = Wish(channel=seen.network.channels[CHANNEL], needs=drafted.needs, whole=False, now=at)
    found = plan(seen, shelf, wish)
    assert found is not None
    return found[0]


def sent_by(shop: Database, new_id: NewId, at: datetime) -> list[str]:
    code = {each.id: each.carrier for each in shop.read(sourcing_snapshot.load).delivery.services}
    shipments = planned(shop, new_id, at).shipments
    return [code[each.carrier_service_id] for each in shipments if each.carrier_service_id]
