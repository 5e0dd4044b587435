"""Customer care edits orders: at any moment, sometimes by what was seen long ago."""

from functools import partial
from typing import Any

from tests.factories import TESTER
from tests.storms.kernel import Asking, Call, insist
from tests.storms.town import SET, SKUS, Town
from tests.storms.weather import Fault

from ovunque.api.orders_edits import post_order_edit, post_order_edit_undo
from ovunque.api.orders_edits_bodies import EditBody
from ovunque.kernel.ids import parse_public_id, public_id

ADDRESS = {"street": "Via Manin 3", "postal_code": "20131", "city": "Milano", "country": "IT"}
LATER = "2199-01-01T00:00:00Z"  # Whenever it comes.


def edit(town: Town, key: str) -> Asking:
    """A few changes at once: looked at first, perhaps, and perhaps turned back."""
    sim, order_id = town.sim, parse_public_id("ord", str(town.orders[key]))
    told: dict[str, Any] = {"changes": changes(town, order_id)}
    if sim.chance.random() < 0.7:
        told["arrive_by"] = LATER
    body = EditBody.model_validate(told)
    named = f"edit-{sim.chance.getrandbits(40):010x}"
    seen = None
    if sim.chance.random() < 0.5:
        seen = yield from look(town, key, partial(post_order_edit, order_id, body))
        if seen is not None and sim.weather.strikes(Fault.LATE):
            yield sim.between(1, 60)
    route = partial(post_order_edit, order_id, body, seen=seen)

    def do(api: Any, reply: Any) -> None:
        reply(
            api.run(
                TESTER, named, lambda call, once: route(call, once=once), body.model_dump_json()
            )
        )

    answer = yield from insist(Call(f"edit {key}", do), sim)
    if answer.done and sim.rare("care.turns_an_edit_back"):
        yield from turn_back(town, key, order_id)


def look(town: Town, key: str, route: Any) -> Asking:
    """The version that a preview was made on; nothing, where nobody answered with one."""

    def do(api: Any, reply: Any) -> None:
        reply(
            api.run(
                TESTER, None, lambda call, once: route(call, once=once, seen=None, preview=True)
            )
        )

    answer = yield from insist(Call(f"preview of {key}", do), town.sim)
    return answer.body["version"] if answer.done else None


def turn_back(town: Town, key: str, order_id: Any) -> Asking:
    route = partial(post_order_edit_undo, order_id)
    named = f"undo-{town.sim.chance.getrandbits(40):010x}"

    def do(api: Any, reply: Any) -> None:
        reply(api.run(TESTER, named, route, [str(order_id)]))

    return (yield from insist(Call(f"undo the edit of {key}", do), town.sim))


def changes(town: Town, order_id: Any) -> list[dict[str, Any]]:
    """One to three things that shall be otherwise, sound or not."""
    chance = town.sim.chance
    lines = town.database.look(
        "select id from order_line where order_id = %s order by nth", order_id
    )
    fetched = town.database.look(
        "select from delivery where order_id = %s and location_id is not null", order_id
    )
    line = public_id("lin", chance.choice(lines)[0])
    price = {"amount": 1990, "currency": "EUR"}
    brought = {"kind": "service", "service": chance.choice(("home", "express"))}
    possible: list[dict[str, Any]] = [
        {"kind": "quantity", "line": line, "quantity": chance.randint(0, 4)},
        {
            "kind": "new_line",
            "sku": chance.choice((*SKUS, SET)),
            "quantity": chance.choice((1, 1, 2)),
            "unit_price": price,
        },
        brought | {"address": ADDRESS} if fetched else {"kind": "address", "address": ADDRESS},
        {"kind": "gift", "message": "Auguri"} if fetched else brought,
    ]
    return chance.sample(possible, k=chance.choice((1, 1, 2, 3)))
