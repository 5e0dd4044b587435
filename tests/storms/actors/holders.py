"""Carts that are held: for some minutes, extended, given back, ordered, or left until too late."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from tests.factories import TESTER
from tests.storms.actors.shoppers import Cart, cancel, draw_cart, order
from tests.storms.kernel import Actor, Asking, Call, Reply, Simulation, insist
from tests.storms.processes import Api
from tests.storms.town import Town
from tests.storms.weather import Fault
from tests.worlds import CHANNEL, order_request

from ovunque.api.holds import ExtensionBody, post_extension
from ovunque.kernel.ids import parse_public_id
from ovunque.orders.holding import AskedHold, HoldRequest, Releasing
from ovunque.platform import idempotency
from ovunque.platform.idempotency import Key

MOMENTS = timedelta(seconds=-1), timedelta(), timedelta(seconds=1)  # Around the end of a hold.


def holder(town: Town, name: str, within: float) -> Actor:
    """Somebody with a cart in their hands, who may forget it or come back at the last moment."""
    sim = town.sim
    yield sim.between(0, within)
    cart = draw_cart(sim)
    minutes = sim.chance.choice((1, 10, 10, 30, 120))
    reference = sim.chance.choice(("", "one of two", name))
    answer = yield from come_again(town, holding(town, name, cart, (minutes, reference)))
    if not answer.done:
        return
    hold = answer.body
    yield sim.between(0, 30)
    if sim.chance.random() < 0.3:
        answer = yield from extend(town, hold["id"])
        hold = answer.body if answer.done else hold
    if sim.weather.strikes(Fault.FORGOTTEN):
        return
    if sim.rare("hold.used_as_it_ends"):
        yield until(sim, hold["expires_at"], sim.chance.choice(MOMENTS))
    if sim.chance.random() < 0.25:
        yield from come_again(town, releasing(town, name, hold["id"]))
        return
    yield from buy(town, name, cart, hold["id"])


def until(sim: Simulation, moment: str, away: timedelta) -> timedelta:
    return max(timedelta(), datetime.fromisoformat(moment) + away - sim.now)


def buy(town: Town, name: str, cart: Cart, hold_id: str) -> Asking:
    """Order the cart, or with something more in it; whether the hold still stands or not."""
    sim = town.sim
    if sim.rare("hold.for_another_cart"):
        cart = draw_cart(sim)
    request = order_request(cart, name)
    named = replace(request.deliveries[0], hold=parse_public_id("hld", hold_id))
    request = replace(request, deliveries=(named,))
    answer = yield from order(town, name, request)
    if sim.rare("hold.ordered_twice"):
        yield from order(town, f"{name}00", request)  # By somebody else: as if without a hold.
    if sim.rare("hold.released_after_all"):
        answered = yield from come_again(town, releasing(town, name, hold_id))
        assert not (answer.done and answered.done and took_over(town, hold_id)), answered
    if answer.done and sim.chance.random() < 0.2:
        yield from cancel(town, name, answer.body["id"], "customer")


def took_over(town: Town, hold_id: str) -> bool:
    uuid = parse_public_id("hld", hold_id)
    return bool(town.database.look("select from hold where id = %s and ended = 'converted'", uuid))


def key_of(name: str) -> Key:
    return Key(TESTER.client_id, name, idempotency.digest("POST", "/v1/holds", [name]))


def holding(town: Town, name: str, cart: Cart, how: tuple[int, str]) -> Call:
    """A cart that is to be kept, under one key; `how` says for how many minutes, and for whom."""
    minutes, reference = how
    request = HoldRequest(channel=CHANNEL, lines=tuple(cart), minutes=minutes, reference=reference)
    asked = AskedHold(request=request, key=key_of(f"hold-{name}"), by=TESTER)

    def enter(api: Api) -> Any:
        return api.intake.enter_hold(asked)

    def hear(answer: Any) -> None:
        town.remembers(asked.key.key, answer)

    return taken(f"hold {name}", enter, hear)


def releasing(town: Town, name: str, hold_id: str) -> Call:
    key = key_of(f"release-{name}-{town.sim.chance.getrandbits(40):010x}")
    asked = Releasing(hold_id=parse_public_id("hld", hold_id), key=key, by=TESTER)
    return taken(f"release {name}", lambda _: asked)


def taken(
    what: str, enter: Callable[[Api], Any], hear: Callable[[Any], None] = lambda _: None
) -> Call:
    """Something for the intake's next batch; `hear` is told every answer, heard or lost."""

    def do(api: Api, reply: Reply) -> None:
        def answered(answer: Any) -> None:
            hear(answer)
            reply(answer)

        api.take(lambda: enter(api), answered)

    return Call(what, do)


def come_again(town: Town, call: Call) -> Asking:
    """The answer; whoever is told to come again comes again."""
    answer = yield from insist(call, town.sim)
    while answer.status in (429, 503):
        yield town.sim.between(0.1, 2)
        answer = yield from insist(call, town.sim)
    return answer


def extend(town: Town, hold_id: str) -> Asking:
    body = ExtensionBody(minutes=town.sim.chance.choice((1, 20, 60)))
    route = partial(post_extension, parse_public_id("hld", hold_id), body)
    key = f"extend-{town.sim.chance.getrandbits(40):010x}"

    def do(api: Any, reply: Any) -> None:
        reply(api.run(TESTER, key, route, [hold_id, body.minutes]))

    return (yield from insist(Call("extend", do), town.sim))
