"""Something has happened: nothing it is about is promised or done, until it is over."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.factories import TESTER
from tests.shops import Shop, associate, open_shop

from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.listing import list_exclusions
from ovunque.fulfillment.model import FulfillmentState, OfferState, Reason
from ovunque.fulfillment.rejecting import RejectRequest, reject
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.listing import list_decisions
from ovunque.orders.model import Order
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.platform.jobs import Job
from ovunque.sourcing import declaring
from ovunque.sourcing.model import Reason as Why
from ovunque.sourcing.model.declaring import Extent, Incident, IncidentRequest
from ovunque.sourcing.publishing import known_in
from ovunque.worker import SCHEDULES

STOCK = {("L001", "COAT"): 9, ("L002", "COAT"): 9, ("L003", "HAT"): 9}
FLOOD = Extent(location="L001")


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def declare(shop: Shop, extent: Extent, minutes: int | None = None) -> Incident:
    """It begins now, and the snapshot knows."""
    snapshot = shop.services.snapshot()
    known = known_in(snapshot.network, snapshot.delivery)
    ends_at = None if minutes is None else shop.now + timedelta(minutes=minutes)
    asked = IncidentRequest(extent=extent, reason="Water.", starts_at=shop.now, ends_at=ends_at)
    at = (shop.services.new_id, shop.now)
    found = shop.transact(lambda tx, by: declaring.declare(tx, by, asked, known, at))
    assert wait_until(lambda: known_of(shop, found), seconds=20)
    return found


def known_of(shop: Shop, incident: Incident) -> bool:
    return incident.id in {each.id for each in shop.services.snapshot().bars.incidents}


def why_not(shop: Shop, order: Order, code: str) -> Why:
    decision = shop.database.read(lambda tx: list_decisions(tx, order.id))[-1]
    at = shop.location(code)
    (found,) = [e for e in decision.deliveries[0].candidates if e.location_id == at]
    return found.reason


def test_a_flooded_store_loses_its_work_and_gets_no_other_until_it_is_dry(shop: Shop) -> None:
    asked, begun = shop.order([("COAT", 1)]), shop.order([("COAT", 1)])
    shop.settle()
    ada = associate(shop, "L001")
    shop.database.transact(lambda tx: accept(tx, ada, shop.work(begun).id, shop.now))

    flood = declare(shop, FLOOD)
    shop.settle()

    for order in (asked, begun):
        assert shop.at(shop.work(order)) == "L002"
        assert why_not(shop, order, "L001") == Why.INCIDENT
    before = shop.read(asked.id).fulfillments[0]
    assert [each.state for each in before.offers] == [OfferState.WITHDRAWN]
    assert shop.read(begun.id).fulfillments[0].state == FulfillmentState.WITHDRAWN
    new = shop.order([("COAT", 1)])
    assert (shop.at(shop.work(new)), why_not(shop, new, "L001")) == ("L002", Why.INCIDENT)

    shop.transact(lambda tx, by: declaring.end(tx, by, flood.id, shop.now))
    assert wait_until(lambda: not known_of(shop, flood), seconds=20)
    assert shop.at(shop.work(shop.order([("COAT", 1)]))) == "L001"
    with pytest.raises(Refusal, match="not_found"):
        shop.transact(lambda tx, by: declaring.end(tx, by, flood.id, shop.now))


def test_what_nobody_else_has_waits_and_is_served_when_the_time_is_over(shop: Shop) -> None:
    order = shop.order([("HAT", 2)])
    shop.settle()
    declare(shop, Extent(location="L003"), minutes=60)
    shop.settle()
    assert shop.read(order.id).lines[0].unplaced == 2
    assert shop.level("L003", "HAT") == (9, 0, 0)

    shop.pass_time(minutes=61)
    shop.settle()
    assert shop.at(shop.work(order)) == "L003"
    (ended,) = shop.database.read(declaring.list_incidents)
    assert ended.closed_by == "system"


def test_a_strike_stops_what_that_carrier_would_bring_and_nothing_else(shop: Shop) -> None:
    sent = shop.order([("COAT", 1)])
    fetched = shop.order([("COAT", 1)], collect_at="L001")
    declare(shop, Extent(carrier="gls", country="IT", postal_prefix="20"))
    shop.settle()
    assert shop.read(sent.id).lines[0].unplaced == 1
    assert shop.at(shop.work(fetched)) == "L001"


def test_another_region_is_served(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    declare(shop, Extent(carrier="gls", country="IT", postal_prefix="09"))
    shop.settle()
    assert shop.at(shop.work(order)) == "L001"


def test_an_incident_is_about_something_that_exists(shop: Shop) -> None:
    for extent, pointer in (
        (Extent(), "/location"),
        (Extent(location="L999"), "/location"),
        (Extent(carrier="nobody"), "/carrier"),
        (Extent(carrier="gls", postal_prefix="20"), "/country"),
    ):
        with pytest.raises(Refusal) as refused:
            declare(shop, extent)
        assert refused.value.errors[0].pointer == pointer


def test_who_did_not_find_an_item_is_not_asked_for_it_for_a_time(shop: Shop) -> None:
    """The next order of it goes elsewhere, and says why; after the time it is asked again."""
    order = shop.order([("COAT", 1)])
    shop.settle()
    request = RejectRequest(fulfillment_id=shop.work(order).id, reason=Reason.DISPLAY)
    shop.transact(lambda tx, by: reject(tx, by, request, shop.now))
    bars = shop.services.snapshot
    assert wait_until(lambda: "COAT" in bars().bars.excluded, seconds=20)

    new = shop.order([("COAT", 1)])
    assert (shop.at(shop.work(new)), why_not(shop, new, "L001")) == ("L002", Why.EXCLUDED)
    assert not bars().bars.touches(["COAT"], shop.now + timedelta(days=7, minutes=1))
    kept = []
    for days in (7, 9):
        job = Job(key="x", kind="exclusions.forget", body={}, due_at=shop.now, attempts=1)
        SCHEDULES[job.kind](shop.database, job, shop.now + timedelta(days=days))
        kept.append(len(shop.database.read(list_exclusions)))
    assert kept == [1, 0], "what is over is not kept for ever"
    assert TESTER.location_id is None
