"""Visitors: they have goods set aside, come and buy some, call it off, or never come."""

from functools import partial
from typing import Any

from tests.factories import TESTER
from tests.storms.actors.feeds import move
from tests.storms.kernel import Actor, Asking, Call, insist
from tests.storms.town import CODES, SKUS, Town
from tests.storms.weather import Fault
from tests.worlds import CHANNEL

from ovunque.api.feeds import Nothing
from ovunque.api.store_reservations import (
    DeclineBody,
    ReservationBody,
    SetAsideBody,
    VisitBody,
    post_reservation_cancellation,
    post_reservation_decline,
    post_reservation_set_aside,
    post_reservation_visit,
    post_store_reservation,
)
from ovunque.kernel.ids import parse_public_id


def visitor(town: Town, name: str, within: float) -> Actor:
    """Somebody who wants to see a thing before they buy it."""
    sim = town.sim
    yield sim.between(0, within)
    code, sku = sim.chance.choice(CODES[1:]), sim.chance.choice(SKUS)
    units = sim.chance.choice((1, 1, 2))
    wanted = {
        "channel": CHANNEL,
        "location": code,
        "customer": {"name": name, "email": f"{name}@example.com"},
        "lines": [{"sku": sku, "quantity": units}],
    }
    body = ReservationBody.model_validate(wanted)
    answer = yield from tell(town, TESTER, f"visit-{name}", partial(post_store_reservation, body))
    if not answer.done:
        return
    id_ = parse_public_id("sre", answer.body["id"])
    aside = yield from look_for(town, (code, sku, units), name, id_)
    if not aside or sim.weather.strikes(Fault.FORGOTTEN):
        return  # Nothing is there, or they never come: its time runs out.
    yield sim.between(10, 120)
    if sim.chance.random() < 0.25:
        route = partial(post_reservation_cancellation, id_, Nothing())
        yield from tell(town, TESTER, f"off-{name}", route)
        return
    bought = sim.chance.randint(0, aside)
    told = VisitBody.model_validate({"bought": [{"sku": sku, "quantity": bought}]})
    route = partial(post_reservation_visit, id_, told)
    answer = yield from tell(town, town.person(code), f"came-{name}", route)
    if not answer.done:
        return  # Too late: what lay aside is put back.
    town.stage(code, sku, -aside)
    if bought:
        town.building[code, sku] -= bought
        sim.spawn(f"till of {code}", move(town, code, "sold_in_store", (sku, bought)))


def look_for(town: Town, wanted: tuple[str, str, int], name: str, id_: Any) -> Asking:
    """What the store finds and keeps: so many units, or none."""
    sim, (code, sku, units) = town.sim, wanted
    yield sim.between(2, 50)
    by = town.person(code)
    if sim.weather.strikes(Fault.REFUSES):
        body = DeclineBody.model_validate({"reason": "no_time"})
        yield from tell(town, by, f"no-{name}", partial(post_reservation_decline, id_, body))
        return 0
    there = min(units, max(0, town.on_shelf(code, sku)))
    town.stage(code, sku, there)
    lines = [{"sku": sku, "quantity": there}]
    found = SetAsideBody.model_validate({"lines": lines, "reason": "not_found"})
    route = partial(post_reservation_set_aside, id_, found)
    answer = yield from tell(town, by, f"aside-{name}", route)
    if not answer.done:
        town.stage(code, sku, -there)
        return 0
    return there


def tell(town: Town, by: Any, key: str, route: Any) -> Asking:
    def do(api: Any, reply: Any) -> None:
        reply(api.run(by, key, route, key))

    return (yield from insist(Call(key, do), town.sim))
