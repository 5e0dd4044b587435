"""What stores and warehouses tell of their stock: counts and movements, as well as they can."""

from datetime import timedelta
from functools import partial
from typing import Any

from tests.factories import TESTER
from tests.storms.kernel import Actor, Asking, Call, insist
from tests.storms.processes import Said, refused
from tests.storms.town import SKUS, Town
from tests.storms.weather import Fault

from ovunque.api.bodies import show_instant
from ovunque.api.stock import MovementsBody, post_movements
from ovunque.api.stock_counts import book
from ovunque.kernel.refusal import Refusal


def counting(town: Town, code: str) -> Actor:
    """Somebody counts the whole location every few hours."""
    sim = town.sim
    skew = timedelta()
    if sim.weather.strikes(Fault.SKEWED):
        skew = timedelta(seconds=sim.chance.choice((-600, -90, 90, 600)))
    while not sim.weather.calm:
        yield sim.between(60, 240)
        if not sim.weather.calm:
            sim.spawn(f"count of {code}", count(town, code, skew))


def count(town: Town, code: str, skew: timedelta = timedelta()) -> Actor:
    """One count, on its way; the next one may overtake it."""
    sim = town.sim
    as_of = sim.now + (timedelta() if sim.weather.calm else skew)
    units = {sku: town.building[code, sku] for sku in SKUS}
    for sku in SKUS:
        if sim.weather.strikes(Fault.LIES):
            units[sku] = max(0, units[sku] + sim.chance.choice((-3, -1, 1, 2)))
    if sim.rare("feed.names_one_item"):
        units = {SKUS[0]: units[SKUS[0]]}
    if sim.weather.strikes(Fault.LATE):
        yield sim.between(60, 400)
    rows = [
        {"location": code, "sku": sku, "on_hand": n, "as_of": show_instant(as_of)}
        for sku, n in units.items()
    ]
    document = {"source": f"feed-{code}", "counts": rows}

    def do(api: Any, reply: Any) -> None:
        try:
            fed = book(api.services, TESTER, document)
        except Refusal as refusal:
            reply(refused(refusal))
        else:
            reply(Said(202 if fed.held else 200, {"changed": fed.counted.changed}))

    yield from insist(Call(f"count of {code}", do), sim)


def till(town: Town, code: str) -> Actor:
    """Customers buy in the store; goods come in; some vanish."""
    sim = town.sim
    while True:
        yield sim.between(30, 180)
        if sim.weather.calm:
            return
        sku = sim.chance.choice(SKUS)
        if sim.weather.strikes(Fault.SHRINKS):
            town.building[code, sku] -= 1 if town.on_shelf(code, sku) > 0 else 0
        elif sim.chance.random() < 0.35:
            units = sim.chance.randint(1, 4)
            town.building[code, sku] += units
            sim.spawn(f"delivery to {code}", move(town, code, "received", (sku, units)))
        elif town.on_shelf(code, sku) > 0:
            town.building[code, sku] -= 1
            sim.spawn(f"till of {code}", move(town, code, "sold_in_store", (sku, 1)))


def move(town: Town, code: str, kind: str, moved: tuple[str, int]) -> Actor:
    """One movement, told until it is heard."""
    sim = town.sim
    sku, units = moved
    number = f"{sim.chance.getrandbits(40):010x}"
    row = {
        "id": number,
        "location": code,
        "sku": sku,
        "kind": kind,
        "quantity": units,
        "occurred_at": show_instant(sim.now),
    }
    if sim.weather.strikes(Fault.LATE):
        yield sim.between(30, 300)
    yield from told(town, number, row, kind)
    if sim.rare("feed.tells_a_movement_again"):
        yield from told(town, f"{number}-again", row, kind)


def told(town: Town, key: str, row: dict[str, Any], kind: str) -> Asking:
    body = MovementsBody.model_validate({"source": f"till-{row['location']}", "movements": [row]})
    route = partial(post_movements, body)

    def do(api: Any, reply: Any) -> None:
        reply(api.run(TESTER, key, route, body.model_dump_json()))

    answer = yield from insist(Call(f"{kind} at {row['location']}", do), town.sim)
    while not answer.done:  # Told by a clock that is ahead of ours: in an hour it is not.
        yield town.sim.between(30, 60)
        answer = yield from insist(Call(f"{kind} again", do), town.sim)
        key = f"{key}+"
    return answer
