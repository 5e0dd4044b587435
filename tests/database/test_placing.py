"""Placing orders: decided once, answered once, served whole or as agreed."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.factories import TESTER
from tests.worlds import CHANNEL, World, asked, build, order_request, put

from ovunque.api.call import Services
from ovunque.app import furnish
from ovunque.customers.model import Collector, ContactRequest
from ovunque.delivery.model import Service
from ovunque.kernel.ids import NewId
from ovunque.orders import placing
from ovunque.orders.checking import check_now
from ovunque.orders.drafting import TurnedAway
from ovunque.orders.model import DeliveryRequest, LineRequest, OnShortage, OrderRequest
from ovunque.orders.placing import Answered
from ovunque.orders.receiving import Asked
from ovunque.platform import journal
from ovunque.platform.batching import Again
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.idempotency import Key, digest
from ovunque.platform.settings import Settings
from ovunque.promise.model import Address as PromisedAddress
from ovunque.promise.model import CartLine, PromiseRequest
from ovunque.promise.quoting import quote
from ovunque.sourcing.planning import snapshot_shelf

WORLD = World(
    locations=4,
    skus=["COAT", "HAT", "BELT"],
    stock={
        ("L000", "COAT"): 3,
        ("L001", "COAT"): 2,
        ("L001", "HAT"): 5,
        ("L002", "HAT"): 1,
        ("L002", "BELT"): 4,
    },
)
IN_MILAN = PromisedAddress(country="IT", postal_code="20123")


@pytest.fixture
def house(database: Database, new_id: NewId) -> Iterator[Services]:
    build(database, WORLD, TESTER, new_id, now())
    with furnish(Settings(), database) as services:
        yield services
    assert check_now(database) == ()


def place(house: Services, *asking: Asked) -> list[Answered]:
    answers: list[Future[Answered]] = []
    for each in asking:
        answers.append(Future())
        house.intake.submit(each, answers[-1])
    return [answer.result(timeout=30) for answer in answers]


def body(answered: Answered) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answered.answer.body)
    return document


def asking(request: OrderRequest, key: str) -> Asked:
    named = Key(TESTER.client_id, key, digest("POST", "/v1/orders", repr(request)))
    return Asked(request=request, key=named, by=TESTER)


def shipped_from(order: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [
        (work["location"], line["sku"], line["quantity"])
        for work in order["fulfillments"]
        for line in work["lines"]
    ]


def units(house: Services) -> dict[str, int]:
    rows = house.database.read(
        lambda tx: tx.execute(
            "select sku, sum(reserved)::int from stock_level group by sku"
        ).fetchall()
    )
    return dict(rows)


def test_an_order_comes_from_the_cheapest_place_that_has_it_all(house: Services) -> None:
    (answered,) = place(house, asked(TESTER, "k1", [("COAT", 1), ("HAT", 1)]))

    order = body(answered)
    assert answered.answer.status == 201
    assert order["number"].startswith("OV-")
    assert order["status"] == "open"
    assert sorted(shipped_from(order)) == [("L001", "COAT", 1), ("L001", "HAT", 1)]
    assert [line["home_available"] for line in order["lines"]] == [3, 0]


def test_the_same_key_is_decided_once_and_answered_twice(house: Services) -> None:
    first, second = place(house, *[asked(TESTER, "k1", [("COAT", 1)])] * 2)
    (third,) = place(house, asked(TESTER, "k1", [("COAT", 1)]))

    assert first.answer == second.answer == third.answer
    assert [each.replayed for each in (first, second, third)] == [False, True, True]
    assert units(house)["COAT"] == 1


def test_another_body_under_the_same_key_is_refused_even_in_one_batch(house: Services) -> None:
    (first,) = place(house, asked(TESTER, "k1", [("COAT", 1)]))
    changed, fresh, other = place(
        house,
        asked(TESTER, "k1", [("COAT", 2)]),
        asked(TESTER, "k2", [("HAT", 1)]),
        asked(TESTER, "k2", [("HAT", 2)]),
    )

    assert (first.answer.status, fresh.answer.status) == (201, 201)
    assert [body(each)["code"] for each in (changed, other)] == ["idempotency_key_reused"] * 2
    assert units(house) == {"COAT": 1, "HAT": 1, "BELT": 0}


def test_a_refusal_is_an_answer_too(house: Services) -> None:
    (first,) = place(house, asked(TESTER, "k1", [("COAT", 9)]))
    (second,) = place(house, asked(TESTER, "k1", [("COAT", 9)]))

    assert body(first)["code"] == "out_of_stock"
    assert body(first)["lines"] == [{"sku": "COAT", "available": 5}]
    assert (second.answer, second.replayed) == (first.answer, True)


def test_the_key_of_another_client_is_another_key(house: Services) -> None:
    stranger = replace(TESTER, client_id=house.new_id())
    first, second = place(
        house, asked(TESTER, "k1", [("HAT", 1)]), asked(stranger, "k1", [("HAT", 1)])
    )

    assert body(first)["id"] != body(second)["id"]


def test_a_line_is_split_over_places_only_when_no_place_has_it_all(house: Services) -> None:
    (answered,) = place(house, asked(TESTER, "k1", [("COAT", 5)]))

    assert sorted(shipped_from(body(answered))) == [("L000", "COAT", 3), ("L001", "COAT", 2)]


@pytest.mark.parametrize(
    ("agreed", "field"),
    [
        (OnShortage.PARTIAL, "canceled"),
        (OnShortage.BACKORDER, "backordered"),
        (OnShortage.ACCEPT, "unplaced"),
    ],
)
def test_what_is_missing_becomes_what_was_agreed(
    house: Services, agreed: OnShortage, field: str
) -> None:
    request = replace(order_request([("COAT", 7), ("HAT", 1)], "b"), on_shortage=agreed)
    (answered,) = place(house, asking(request, "k1"))

    coat, hat = body(answered)["lines"]
    assert answered.answer.status == 201
    assert (coat["reserved"], coat[field], hat["reserved"]) == (5, 2, 1)


def test_what_was_sold_elsewhere_is_stored_whatever_it_is(house: Services) -> None:
    request = replace(order_request([("NO-SUCH", 2)], "b"), on_shortage=OnShortage.ACCEPT)
    (answered,) = place(house, asking(request, "k1"))

    (line,) = body(answered)["lines"]
    assert (line["unplaced"], line["reserved"]) == (2, 0)
    assert body(answered)["fulfillments"] == []


def test_a_mixed_cart_shares_the_stock_of_its_deliveries(house: Services) -> None:
    home = order_request([], "b").deliveries[0]
    request = replace(
        order_request([], "b"),
        lines=(
            LineRequest(sku="HAT", quantity=5, unit_price=100, delivery=0),
            LineRequest(sku="HAT", quantity=1, unit_price=100, delivery=1),
        ),
        deliveries=(DeliveryRequest(service=Service.COLLECT, location="L001"), home),
    )
    (answered,) = place(house, asking(request, "k1"))

    assert shipped_from(body(answered)) == [("L001", "HAT", 5), ("L002", "HAT", 1)]


def test_an_external_id_is_one_order(house: Services) -> None:
    request = replace(order_request([("HAT", 1)], "b"), external_id="shop-1")
    first, second = place(house, asking(request, "k1"), asking(request, "k2"))
    (third,) = place(house, asking(request, "k3"))

    assert first.answer.status == 201
    assert [body(each)["code"] for each in (second, third)] == ["order_exists"] * 2
    assert body(third)["detail"].endswith(f"it is {body(first)['number']}.")
    assert units(house)["HAT"] == 1


def test_an_external_id_is_free_as_long_as_no_order_came_of_it(house: Services) -> None:
    """Of two orders of one moment the first finds too little: the other is the order."""
    vain = replace(order_request([("HAT", 999)], "b"), external_id="shop-1")
    small = replace(vain, lines=(replace(vain.lines[0], quantity=1),))
    both = [house.intake.enter(asking(vain, "k1")), house.intake.enter(asking(small, "k2"))]
    first, second = house.intake.write(both)
    assert isinstance(first, Answered)
    assert isinstance(second, Again)
    (third,) = house.intake.write([second.ask])

    assert isinstance(third, Answered)
    assert (body(first)["code"], third.answer.status) == ("out_of_stock", 201)


def test_what_is_refused_at_the_door_may_have_been_accepted_before(house: Services) -> None:
    """The answer was lost, and meanwhile the item is not known any more: it is said again."""
    snapshot, known = house.snapshot(), house.snapshot().catalog
    request = asking(order_request([("HAT", 1)], "b"), "k1")
    (first,) = place(house, request)
    snapshot.catalog = replace(known, items={})
    try:
        (again, never) = place(house, request, asking(order_request([("BELT", 1)], "c"), "k2"))
    finally:
        snapshot.catalog = known
    (later,) = place(house, asking(order_request([("BELT", 1)], "c"), "k2"))

    assert (again.replayed, again.answer) == (True, first.answer)
    assert (never.answer.status, body(never)["code"]) == (422, "invalid")
    assert later.answer.status == 201, "what is unknown now may be known tomorrow"


def test_an_order_stays_accepted_when_its_promise_is_over(
    house: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was lost, and whoever asks again comes too late for the promise."""
    cart = PromiseRequest(
        channel=CHANNEL,
        lines=(CartLine(sku="HAT", quantity=1),),
        address=IN_MILAN,
        services=("home",),
    )
    snapshot, promises = house.snapshot(), house.promises
    found = quote(snapshot, snapshot_shelf(snapshot, now()), promises.prices, cart, now())
    token = promises.sealer.seal(CHANNEL, found.options[0], found.expires_at)
    request = order_request([("HAT", 1)], "b")
    delivery = replace(request.deliveries[0], promise=token)
    promised = asking(replace(request, deliveries=(delivery,)), "k1")
    (first,) = place(house, promised)
    monkeypatch.setattr(house.intake, "_clock", lambda: now() + timedelta(hours=1))
    (again, late) = place(house, promised, asking(promised.request, "k2"))

    assert first.answer.status == 201
    assert (again.replayed, again.answer) == (True, first.answer)
    assert body(late)["code"] == "promise_expired"


def faults(asked_for: OrderRequest, house: Services) -> list[tuple[str, str]]:
    turned_away = house.intake.enter(asking(asked_for, "k"))
    assert isinstance(turned_away, TurnedAway)
    return [(fault.pointer, fault.code) for fault in turned_away.refusal.errors]


def test_what_cannot_be_is_refused_outside_the_batch(house: Services) -> None:
    request = order_request([("COAT", 1), ("NO-SUCH", 1)], "b")
    nowhere = DeliveryRequest(service=Service.COLLECT, location="NOWHERE")

    assert faults(request, house) == [("/lines/1/sku", "unknown_reference")]
    assert faults(replace(request, channel="moon"), house) == [("/channel", "unknown_reference")]
    assert faults(replace(request, currency="CHF"), house)[0] == (
        "/lines/0/unit_price/currency",
        "wrong_currency",
    )
    assert ("/deliveries/0/location", "unknown_reference") in faults(
        replace(request, deliveries=(nowhere,)), house
    )
    unused = replace(request, deliveries=(*request.deliveries, nowhere))
    assert ("/deliveries/1", "unused") in faults(unused, house)
    sent = replace(request.deliveries[0], collector=Collector(name="Marco Rossi"))
    assert ("/deliveries/0/collector", "unexpected") in faults(
        replace(request, deliveries=(sent,)), house
    )
    bare = replace(request, deliveries=(DeliveryRequest(service=Service.HOME),))
    assert ("/deliveries/0/address", "missing") in faults(bare, house)


def test_where_nobody_delivers_the_order_is_refused_in_words(house: Services) -> None:
    far = ContactRequest(street="Main 1", postal_code="1", city="Nuuk", country="GL")
    request = replace(
        order_request([("COAT", 1)], "b"),
        deliveries=(DeliveryRequest(service=Service.HOME, address=far),),
    )
    (answered,) = place(house, asking(request, "k1"))

    assert body(answered)["detail"].endswith("no location can serve these together.")


def test_a_poisoned_order_fails_alone(house: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody foresaw takes its own order, and nobody else's."""
    whole = placing.place

    def trip(tx: Any, desk: Any, batch: Sequence[Any], at: Any) -> Any:
        if any(each.draft.request.notes == "poison" for each in batch):
            raise ValueError("poison")
        return whole(tx, desk, batch, at)

    monkeypatch.setattr("ovunque.orders.receiving.place", trip)
    poisoned = asking(replace(order_request([("HAT", 1)], "b"), notes="poison"), "k1")
    answers: list[Future[Answered]] = [Future() for _ in range(4)]
    for nth, answer in enumerate(answers):
        one = poisoned if nth == 1 else asked(TESTER, f"good-{nth}", [("HAT", 1)])
        house.intake.submit(one, answer)

    with pytest.raises(ValueError, match="poison"):
        answers[1].result(timeout=30)
    others = [answers[nth].result(timeout=30).answer.status for nth in (0, 2, 3)]
    assert others == [201, 201, 201]


def test_a_key_sent_to_two_processes_at_once_has_one_effect(
    house: Services, database: Database
) -> None:
    """Each looks for the answer before the other has written it; the later one starts again."""
    with furnish(Settings(), database) as other:
        asking = [asked(TESTER, f"k{nth}", [("HAT", 1)]) for nth in range(4)]
        placements = [(one.intake.enter(each), one) for each in asking for one in (house, other)]
        with ThreadPoolExecutor(2) as writers:
            both = [
                list(
                    writers.map(
                        lambda pair: pair[1].intake.write([pair[0]]), placements[at : at + 2]
                    )
                )
                for at in range(0, len(placements), 2)
            ]

    for (first,), (second,) in both:
        assert isinstance(first, Answered)
        assert isinstance(second, Answered)
        assert first.answer == second.answer
        assert first.replayed is not second.replayed
    assert units(house)["HAT"] == 4


def test_an_order_begins_its_story_with_one_fact(house: Services) -> None:
    (answered,) = place(house, asked(TESTER, "k1", [("HAT", 1)]))
    row = house.database.read(lambda tx: tx.execute("select id from customer_order").fetchone())
    assert row is not None
    (fact,) = house.database.read(lambda tx: journal.list_of_order(tx, row[0]))

    assert (fact.kind, fact.order_seq, fact.actor) == ("order.placed", 1, "tester")
    assert fact.subject == body(answered)["number"]
    assert "example.com" not in json.dumps(fact.body)


def test_the_channel_of_an_order_is_where_it_was_sold(house: Services) -> None:
    (answered,) = place(house, asked(TESTER, "k1", [("HAT", 1)]))
    assert body(answered)["channel"] == CHANNEL


def test_an_order_whose_plan_is_gone_again_and_again_is_told_to_come_back(
    house: Services,
) -> None:
    """Somebody carries the only coats to and fro, always a step ahead: there is an end to it."""
    asking = house.intake.enter(asked(TESTER, "chase", [("COAT", 3)]))
    places = ("L000", "L001")
    for turn in range(placing.PASSED_OVER_MAX + 1):
        gone, there = places[turn % 2], places[(turn + 1) % 2]
        put(house.database, {(gone, "COAT"): 0, (there, "COAT"): 3}, TESTER, now())
        (outcome,) = house.intake.write([asking])
        if isinstance(outcome, Answered):
            break
        asking = outcome.ask
    assert isinstance(outcome, Answered)
    assert (turn, outcome.answer.status) == (placing.PASSED_OVER_MAX, 503)
    assert units(house)["COAT"] == 0

    (answered,) = place(house, asked(TESTER, "chase", [("COAT", 3)]))
    assert answered.answer.status == 201, "the key was not spent on that"
