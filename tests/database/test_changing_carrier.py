"""Another carrier for the same goods: never two labels that are paid for and used."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import UUID

import pytest
from tests.database.test_fulfillment_parcels import STOCK, picked
from tests.factories import TESTER
from tests.fakes import FakeCarrier
from tests.shops import Shop, associate, open_shop

from ovunque.delivery.model import CarrierServiceRequest, LaneRequest
from ovunque.delivery.saving import save_carrier_services, save_lanes
from ovunque.fulfillment.changing_carrier import CarrierRequest, Figures, change_carrier
from ovunque.fulfillment.model import FulfillmentState, Parcel, ParcelState
from ovunque.fulfillment.ports import Label, Shipment
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.carrying import Carriage, list_carriages
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until

S = ParcelState


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def another(shop: Shop, parcel: Parcel) -> Carriage:
    snapshot = shop.services.snapshot()
    return shop.database.read(lambda tx: list_carriages(tx, snapshot, parcel, shop.now))[0]


def change(shop: Shop, parcel: Parcel) -> Parcel:
    chosen = another(shop, parcel)
    request = CarrierRequest(
        parcel_id=parcel.id,
        carrier_service_id=chosen.service.id,
        figures=chosen.figures,
        company_prefix="9521234",
        new_id=shop.services.new_id,
    )
    return shop.database.transact(lambda tx: change_carrier(tx, TESTER, request, shop.now))


def kept(shop: Shop) -> set[str]:
    """Labels that were sold and not given back."""
    return {each.tracking for each in shop.carrier.sold.values()} - shop.carrier.voided


def test_a_labeled_parcel_goes_with_another_carrier_and_its_label_is_given_back(
    shop: Shop,
) -> None:
    order = picked(shop)
    first, second = shop.pack(order, ("COAT", 1)), shop.pack(order)
    shop.label()
    instead = change(shop, first)
    work = shop.work(order)
    assert work.state == FulfillmentState.PACKED
    shop.label()
    work = shop.work(order)
    assert work.state == FulfillmentState.READY
    assert {each.id: each.state for each in work.parcels} == {
        first.id: S.VOIDED,
        second.id: S.LABELED,
        instead.id: S.LABELED,
    }
    assert shop.carrier.voided == {"FAKE000001"}
    assert len(kept(shop)) == 2
    assert work.carrier_service_id == second.carrier_service_id
    with pytest.raises(Refusal, match="transition_refused"):
        change(shop, first)
    assert {row.parcel_id for row in work.lines} == {second.id, instead.id}
    shop.hand_over("L000")
    with pytest.raises(Refusal, match="transition_refused"):
        change(shop, instead)


def test_what_was_expected_is_what_the_second_carrier_does(shop: Shop) -> None:
    """There sooner, and dearer; back with the first one it costs what it did."""
    dearer(shop)
    order = picked(shop)
    before = shop.work(order)
    parcel = shop.pack(order)
    chosen = another(shop, parcel)
    instead = change(shop, parcel)
    work = shop.work(order)
    assert work.arrives_at == chosen.arrives_at != before.arrives_at
    assert (chosen.figures.more_cents, chosen.figures.more_g) == (300, 0)
    assert before.cost_cents is not None
    assert work.cost_cents == before.cost_cents + 300
    assert work.emissions_g == before.emissions_g

    change(shop, instead)
    assert shop.work(order).cost_cents == before.cost_cents


def dearer(shop: Shop) -> None:
    """The faster service costs three euros more."""
    lane = LaneRequest(
        carrier="gls",
        service="fast",
        from_zone="it",
        to_zone="it",
        transit_days=1,
        rates=((1_000, 800), (5_000, 1_000), (30_000, 1_800)),
    )
    shop.transact(lambda tx, by: save_lanes(tx, by, [lane], shop.now, shop.services.new_id))
    lanes = shop.services.snapshot().delivery

    def is_known() -> bool:
        return shop.services.snapshot().delivery is not lanes

    assert wait_until(is_known, 10)


def test_a_carrier_that_says_no_or_whose_answer_is_lost_is_left(shop: Shop) -> None:
    """The first may have sold a label that nobody heard of: it is asked again, and given back."""
    order = picked(shop)
    parcel = shop.pack(order)
    shop.carrier.answers_lost = 1
    shop.label()
    assert shop.parcel(parcel).state == S.OPEN
    instead = change(shop, parcel)
    shop.label()
    assert shop.parcel(instead).state == S.LABELED
    assert kept(shop) == {shop.parcel(instead).tracking}
    assert shop.work(order).carrier_service_id == instead.carrier_service_id
    request = CarrierRequest(
        parcel_id=instead.id,
        carrier_service_id=parcel.carrier_service_id,
        figures=Figures(arrives_at=shop.now),
        company_prefix="9521234",
        new_id=shop.services.new_id,
    )
    stranger = associate(shop, "L002")
    with pytest.raises(Refusal, match="not_found"):
        shop.database.transact(lambda tx: change_carrier(tx, stranger, request, shop.now))


def test_a_label_sold_while_somebody_changes_the_carrier_is_given_back(shop: Shop) -> None:
    order = picked(shop)
    parcel = shop.pack(order)
    found: list[Parcel] = []
    shop.carrier = Slow(lambda: found.append(change(shop, parcel)))
    shop.label()
    (instead,) = found
    assert shop.parcel(parcel).state == S.VOIDED
    assert shop.parcel(instead).state == S.LABELED
    assert len(shop.carrier.sold) == 2
    assert kept(shop) == {shop.parcel(instead).tracking}


def test_two_people_change_the_carrier_once(shop: Shop) -> None:
    order = picked(shop)
    parcel = shop.pack(order)

    def try_it(_: int) -> bool:
        try:
            change(shop, parcel)
        except Refusal as refusal:
            return refusal.code != "transition_refused"
        return True

    with ThreadPoolExecutor(6) as people:
        assert sum(people.map(try_it, range(6))) == 1
    shop.label()
    assert len(kept(shop)) == 1


def test_who_else_goes_there_is_listed_by_arrival(shop: Shop) -> None:
    order = picked(shop)
    parcel = shop.pack(order)
    snapshot = shop.services.snapshot()
    found = shop.database.read(lambda tx: list_carriages(tx, snapshot, parcel, shop.now))
    assert all(each.service.id != parcel.carrier_service_id for each in found)
    assert [each.arrives_at for each in found] == sorted(each.arrives_at for each in found)


@pytest.mark.parametrize(("begins", "ends"), [(60, None), (None, -1)])
def test_who_does_not_work_for_us_yet_or_any_more_takes_no_parcel(
    shop: Shop, begins: int | None, ends: int | None
) -> None:
    parcel = shop.pack(picked(shop))
    other = another(shop, parcel).service

    def day(days: int | None) -> date | None:
        return None if days is None else (shop.now + timedelta(days=days)).date()

    fields = CarrierServiceRequest.__dataclass_fields__
    told = {name: getattr(other, name) for name in fields}
    told |= {"valid_from": day(begins), "valid_until": day(ends)}
    asked = [CarrierServiceRequest(**told)]
    new_id = shop.services.new_id
    shop.database.transact(lambda tx: save_carrier_services(tx, TESTER, asked, shop.now, new_id))

    def named() -> list[UUID]:
        snapshot = shop.services.snapshot()
        found = shop.database.read(lambda tx: list_carriages(tx, snapshot, parcel, shop.now))
        return [each.service.id for each in found]

    assert wait_until(lambda: other.id not in named(), 10)


class Slow(FakeCarrier):
    """While its first answer is on its way, something happens here."""

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__()
        self._act: Callable[[], None] | None = act

    def buy_label(self, shipment: Shipment, key: str) -> Label:
        label = super().buy_label(shipment, key)
        act, self._act = self._act, None
        if act is not None:
            act()
        return label
