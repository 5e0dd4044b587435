"""Shoppers: they ask for a promise, order, ask again, change their minds, come for their goods."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tests.factories import TESTER
from tests.storms.kernel import Actor, Asking, Call, Reply, Simulation, insist
from tests.storms.processes import Api
from tests.storms.town import CODES, SET, SKUS, Town
from tests.worlds import CHANNEL, order_request

from ovunque.api.fulfillments import post_handover
from ovunque.api.fulfillments_bodies import HandoverBody
from ovunque.api.orders_changes import CancelBody, post_cancellation
from ovunque.api.pickup_answers import PickupAnswerBody, post_pickup_answer
from ovunque.delivery.model import Service
from ovunque.fulfillment.model.keeping_back import HoldAsk, HoldReason, OnExpiry
from ovunque.kernel.ids import parse_public_id
from ovunque.orders.model import DeliveryRequest, OnShortage, OrderRequest
from ovunque.orders.receiving import Asked
from ovunque.platform import idempotency
from ovunque.promise.model import Address, CartLine, PromiseRequest
from ovunque.promise.quoting import quote
from ovunque.sourcing.planning import snapshot_shelf

Cart = Sequence[tuple[str, int]]
HOURS = 60.0


@dataclass(frozen=True)
class Token:
    text: str | None
    word: str  # Sealed anew each time: the trace names what was promised, not its seal.


def shopper(town: Town, name: str, minutes: float) -> Actor:
    """Somebody who wants something, until they have it or have given up."""
    sim = town.sim
    yield sim.between(0, minutes)
    cart = draw_cart(sim)
    service = sim.chance.choice((Service.HOME, Service.HOME, Service.EXPRESS, Service.COLLECT))
    place = sim.chance.choice(CODES[1:]) if service == Service.COLLECT else None
    request = wish(sim, name, cart, service, place)
    if sim.chance.random() < 0.4:
        token = yield from promised(sim, cart, service, place)
        yield sim.between(0, 20)  # A promise is kept for a quarter of an hour.
        delivery = replace(request.deliveries[0], promise=token)
        request = replace(request, deliveries=(delivery,))
    answer = yield from order(town, name, request)
    if sim.rare("shopper.changes_a_replay"):
        changed = replace(request, gift="for you")
        second = yield from insist(ordering(town, name, changed, "changed"), sim)
        assert second.body["code"] in ("idempotency_key_reused", *REFUSED_BEFORE), second
    if not answer.done:
        return
    if sim.chance.random() < 0.2:
        yield sim.between(1, 6 * HOURS)
        yield from cancel(town, name, answer.body["id"], "customer")
    if place is not None:
        yield from fetch(town, name, answer.body["id"], place)


ENDS = ("collected", "uncollected", "canceled")
REFUSED_BEFORE = ("invalid", "promise_expired", "promise_invalid", "queue_full")


def draw_cart(sim: Simulation) -> Cart:
    skus = sim.chance.sample((*SKUS, SET), k=sim.chance.choice((1, 1, 2, 3)))
    return [(sku, sim.chance.choice((1, 1, 2, 3))) for sku in skus]


def wish(
    sim: Simulation, name: str, cart: Cart, service: Service, place: str | None
) -> OrderRequest:
    request = order_request(cart, name)
    delivery = replace(request.deliveries[0], service=service)
    if place is not None:
        delivery = DeliveryRequest(service=service, location=place)
    shortage = sim.chance.choice(
        (OnShortage.REFUSE, OnShortage.REFUSE, OnShortage.PARTIAL, OnShortage.BACKORDER)
    )
    if sim.rare("shopper.bought_elsewhere"):
        shortage = OnShortage.ACCEPT
    holds: tuple[HoldAsk, ...] = ()
    if sim.rare("shopper.kept_back"):
        minutes, then = sim.chance.choice((5, 60, 600)), sim.chance.choice([*OnExpiry])
        holds = (HoldAsk(reason=HoldReason.PAYMENT, minutes=minutes, on_expiry=then),)
    external = f"shop-{name}" if sim.chance.random() < 0.3 else None
    return replace(
        request,
        deliveries=(delivery,),
        on_shortage=shortage,
        external_id=external,
        holds=holds,
    )


def promised(sim: Simulation, cart: Cart, service: Service, place: str | None) -> Asking:
    """The token of an option, or nothing."""
    request = PromiseRequest(
        channel=CHANNEL,
        lines=tuple(CartLine(sku=sku, quantity=units) for sku, units in cart),
        address=Address(country="IT", postal_code="20123") if place is None else None,
        services=(service.value,),
        locations=(place,) if place else (),
    )

    def do(api: Api, reply: Reply) -> None:
        shelf = snapshot_shelf(api.snapshot, api.clock())
        found = quote(api.snapshot, shelf, api.services.promises.prices, request, api.clock())
        if not found.options:
            reply(Token(None, "nothing"))
            return
        option = found.options[0]
        text = api.services.promises.sealer.seal(CHANNEL, option, found.expires_at)
        reply(Token(text, f"{option.latest:%d %H:%M}"))

    token = yield from insist(Call("promise", do), sim)
    return token.text


def ordering(town: Town, key: str, request: OrderRequest, variant: str = "") -> Call:
    """The same order under the same key, as often as it takes."""
    fingerprint = idempotency.digest("POST", "/v1/orders", [key, variant])
    named = idempotency.Key(TESTER.client_id, key, fingerprint)
    asked = Asked(request=request, key=named, by=TESTER)

    def do(api: Api, reply: Reply) -> None:
        def hear(answer: Any) -> None:
            if not variant:
                town.hears(key, answer)
            reply(answer)

        api.take(lambda: api.intake.enter(asked), hear)

    return Call(f"order {key}{variant and ' ' + variant}", do)


def order(town: Town, key: str, request: OrderRequest) -> Asking:
    """The answer; whoever is told to come again comes again."""
    sim, call = town.sim, ordering(town, key, request)
    answer = yield from insist(call, sim)
    while answer.status in (429, 503):
        yield sim.between(0.1, 2)
        answer = yield from insist(call, sim)
    if sim.rare("shopper.asks_twice"):
        again = yield from insist(call, sim)
        assert again.status in (answer.status, 429, 409, 422), (again, answer)
    return answer


def cancel(town: Town, key: str, order_id: str, reason: str) -> Asking:
    """As far as it has not left."""
    body = CancelBody.model_validate({"reason": reason})
    uuid = parse_public_id("ord", order_id)
    named = f"cancel-{key}-{reason}"
    route = partial(post_cancellation, uuid, body)
    call = Call(
        f"cancel {key}", lambda api, reply: reply(api.run(TESTER, named, route, [order_id, reason]))
    )
    return (yield from insist(call, town.sim))


def fetch(town: Town, key: str, order_id: str, code: str) -> Asking:
    """Come to the store, again and again, until there is nothing to come for."""
    sim, uuid = town.sim, parse_public_id("ord", order_id)
    while True:
        yield sim.between(20, 3 * HOURS)
        rows = town.database.look(
            "select id, state, pickup_code from fulfillment where order_id = %s "
            "and replaced_at is null order by id",
            uuid,
        )
        if (yield from answer_question(town, key, order_id)) == "delivery":
            return
        for id_, state, pickup_code in rows:
            if state == "ready" and pickup_code is not None:
                if sim.rare("shopper.comes_at_the_last_moment"):
                    run_out(town, id_)
                    yield sim.between(0, 1)
                yield from collect(town, key, code, id_, pickup_code)
        ((waits,),) = town.database.look(
            "select sum(unplaced + backordered) > 0 from order_line where order_id = %s", uuid
        )
        if rows and not waits and all(s in ENDS for _, s, _ in rows):
            return


def answer_question(town: Town, key: str, order_id: str) -> Asking:
    """Say what shall happen instead, if the store does not hand it over; what was said, or nothing.

    Whoever wants it at their door and cannot have it there waits for it at the store.
    """
    sim, uuid = town.sim, parse_public_id("ord", order_id)
    asked = "select from pickup_question where order_id = %s and answer is null"
    if not town.database.look(asked, uuid):
        return ""
    wishes = ("delivery", "transfer") if sim.rare("shopper.wants_it_brought") else ("transfer",)
    for said in wishes:
        address = {"street": "Via Dante 1", "postal_code": "20121", "city": "Milano"}
        told: dict[str, Any] = {"answer": said, "consent": "message"}
        if said == "delivery":
            told["address"] = {**address, "country": "IT"}
        body = PickupAnswerBody.model_validate(told)
        route = partial(post_pickup_answer, uuid, body)
        named = f"instead-{key}-{said}"

        def do(api: Any, reply: Any, route: Any = route, named: str = named) -> None:
            reply(api.run(TESTER, named, route, [order_id, named]))

        answer = yield from insist(Call(f"instead of {key}", do), sim)
        if answer.done:
            return said
    return ""


def run_out(town: Town, fulfillment_id: Any) -> None:
    """Days have passed for these goods only: from now on nobody has to be handed them."""
    town.database.look(
        "update fulfillment set collect_by = %s where id = %s and state = 'ready' "
        "and arrived_at is null returning id",
        town.sim.now,
        fulfillment_id,
    )


def collect(town: Town, key: str, code: str, id_: Any, pickup_code: str) -> Asking:
    wrong = town.sim.rare("shopper.wrong_code")
    told = "000000" if wrong and pickup_code != "000000" else pickup_code
    prepared_here = town.database.look(
        "select part.sku, part.quantity from fulfillment_line as part "
        "join fulfillment as work on work.id = part.fulfillment_id "
        "where work.id = %s and work.location_id = %s order by part.sku",
        id_,
        town.ids[code],
    )
    route = partial(post_handover, id_, HandoverBody(code=told))
    call = Call(
        f"collect {key}",
        lambda api, reply: reply(
            api.run(town.person(code), f"collect-{id_}-{told}", route, [str(id_), told])
        ),
    )
    answer = yield from insist(call, town.sim)
    if answer.done:
        town.leave(code, prepared_here)
