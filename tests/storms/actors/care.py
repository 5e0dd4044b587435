"""Customer care: cancels orders, edits them and takes work away, at the worst moment."""

from functools import partial
from typing import Any

from tests.factories import TESTER
from tests.storms.actors.editors import edit
from tests.storms.actors.shoppers import cancel
from tests.storms.kernel import Actor, Asking, Call, insist
from tests.storms.town import Town
from tests.storms.weather import Fault

from ovunque.api.orders_changes import SourceAgainBody, post_resourcing
from ovunque.kernel.ids import parse_public_id, public_id


def care(town: Town) -> Actor:
    """Somebody whom customers call."""
    sim = town.sim
    while True:
        yield sim.between(20, 120)
        known = sorted(town.orders)
        if known and sim.weather.strikes(Fault.CANCELS):
            key = sim.chance.choice(known)
            yield from cancel(town, key, str(town.orders[key]), "other")
        if known and sim.weather.strikes(Fault.EDITS):
            yield from edit(town, sim.chance.choice(known))
        if known and sim.weather.strikes(Fault.TAKES_AWAY):
            yield from take_away(town, sim.chance.choice(known))


def take_away(town: Town, key: str) -> Asking:
    """Work of an order is taken from its location, whatever its state."""
    sim, order_id = town.sim, parse_public_id("ord", str(town.orders[key]))
    works = town.database.look(
        "select id from fulfillment where order_id = %s and replaced_at is null order by id",
        order_id,
    )
    if not works:
        return
    work = public_id("ful", sim.chance.choice(works)[0])
    reason = sim.chance.choice(("timeout", "pause", "incident", "reroute"))
    body = SourceAgainBody.model_validate({"fulfillment": work, "reason": reason})
    route = partial(post_resourcing, order_id, body)
    named = f"away-{sim.chance.getrandbits(40):010x}"

    def do(api: Any, reply: Any) -> None:
        reply(api.run(TESTER, named, route, body.model_dump_json()))

    yield from insist(Call(f"take away from {key}", do), sim)
