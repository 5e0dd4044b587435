"""Goods between locations and from suppliers: announced, on their way, come, lost on the way."""

from datetime import timedelta
from functools import partial
from typing import Any

from tests.factories import TESTER
from tests.storms.actors.feeds import told
from tests.storms.kernel import Actor, Asking, Call, insist
from tests.storms.town import CODES, SKUS, Town
from tests.storms.weather import Fault

from ovunque.api.bodies import show_instant
from ovunque.api.feeds import Nothing
from ovunque.api.incoming import IncomingsBody, post_incoming
from ovunque.api.transfers import (
    DispatchBody,
    ReceiptBody,
    TransferBody,
    post_transfer,
    post_transfer_cancellation,
    post_transfer_dispatch,
    post_transfer_receipt,
)
from ovunque.kernel.ids import parse_public_id

Goods = dict[str, int]


def mover(town: Town) -> Actor:
    """Somebody who sends goods from where they are to where they are wanted."""
    sim = town.sim
    while not sim.weather.calm:
        yield sim.between(60, 200)
        if sim.weather.calm:
            return
        source, target = sim.chance.sample(CODES, k=2)
        there = {sku: town.on_shelf(source, sku) for sku in SKUS}
        planned = {sku: sim.chance.randint(1, n) for sku, n in there.items() if n > 0}
        if planned:
            sim.spawn(f"transfer {source} to {target}", transfer(town, source, target, planned))


def transfer(town: Town, source: str, target: str, planned: Goods) -> Actor:
    """One transfer, until all of it has come or is known to be missing."""
    sim = town.sim
    number = f"t-{sim.chance.getrandbits(40):010x}"
    lines = lines_of(planned)
    asked = {"from": source, "to": target, "lines": lines, "external_id": number}
    body = TransferBody.model_validate(asked)
    answer = yield from tell(town, number, f"transfer from {source}", partial(post_transfer, body))
    assert answer.done, answer
    transfer_id = parse_public_id("trf", answer.body["id"])
    yield sim.between(1, 60)
    goods = {sku: min(n, max(0, town.on_shelf(source, sku))) for sku, n in planned.items()}
    goods = {sku: n for sku, n in goods.items() if n}
    if not goods or sim.rare("transfer.called_off"):
        route = partial(post_transfer_cancellation, transfer_id, Nothing())
        yield from tell(town, f"{number}-off", "transfer called off", route)
        return
    for sku, units in goods.items():
        town.building[source, sku] -= units
    left = DispatchBody.model_validate({"lines": lines_of(goods)})
    route = partial(post_transfer_dispatch, transfer_id, left)
    answer = yield from tell(town, f"{number}-out", f"goods leave {source}", route)
    assert answer.done, answer
    yield from arrive(town, target, goods, (number, transfer_id))


def arrive(town: Town, target: str, goods: Goods, named: tuple[str, Any]) -> Asking:
    """What comes, all at once or in two parts; what has not come by the last part is missing."""
    sim, (number, transfer_id) = town.sim, named
    yield sim.between(10, 200)
    parts = [goods]
    if sim.weather.strikes(Fault.LOST_ON_THE_WAY):
        parts = [{sku: n - 1 for sku, n in goods.items()}]
    elif sim.rare("transfer.comes_in_two_parts"):
        one = dict(list(goods.items())[:1])
        parts = [one, {sku: n for sku, n in goods.items() if sku not in one}]
    elif sim.rare("transfer.brings_more"):
        parts = [{sku: n + 1 for sku, n in goods.items()}]
    for nth, part in enumerate(parts):
        came = {sku: n for sku, n in part.items() if n}
        for sku, units in came.items():
            town.building[target, sku] += units
        last = nth == len(parts) - 1
        body = ReceiptBody.model_validate({"lines": lines_of(came), "last": last})
        route = partial(post_transfer_receipt, transfer_id, body)
        answer = yield from tell(town, f"{number}-in-{nth}", f"goods come to {target}", route)
        assert answer.done, answer
        yield sim.between(1, 60)


def lines_of(goods: Goods) -> list[dict[str, Any]]:
    return [{"sku": sku, "quantity": units} for sku, units in goods.items()]


def tell(town: Town, key: str, what: str, route: Any) -> Asking:
    def do(api: Any, reply: Any) -> None:
        reply(api.run(TESTER, key, route, key))

    return (yield from insist(Call(what, do), town.sim))


def supplier(town: Town) -> Actor:
    """Announces goods, says otherwise, and brings them: late, fewer, or not at all."""
    sim = town.sim
    while not sim.weather.calm:
        yield sim.between(20, 150)
        if not sim.weather.calm:
            code = sim.chance.choice((CODES[0], CODES[0], *CODES))
            sim.spawn(f"supplier of {code}", delivery(town, code, sim.chance.choice(SKUS)))


def delivery(town: Town, code: str, sku: str) -> Actor:
    sim = town.sim
    reference = f"po-{sim.chance.getrandbits(40):010x}"
    units = sim.chance.randint(1, 6)
    row = {"reference": reference, "location": code, "sku": sku, "quantity": units}
    due_on = (sim.now + timedelta(days=sim.chance.randint(0, 2))).date()
    row |= {"due_on": due_on.isoformat()}
    yield from announce(town, row)
    if sim.rare("supplier.announces_it_again"):
        yield from announce(town, row)
    yield sim.between(30, 300)
    if sim.weather.strikes(Fault.FEWER):
        units = sim.chance.randint(0, units - 1)
        if not sim.rare("supplier.says_nothing_of_it"):
            yield from announce(town, row | {"quantity": units})
    if sim.weather.strikes(Fault.OVERDUE):
        yield sim.between(60, 600)
    if units:
        town.building[code, sku] += units
        receipt = {
            "id": reference,
            "location": code,
            "sku": sku,
            "kind": "received",
            "quantity": units,
            "occurred_at": show_instant(sim.now),
            "reference": reference,
        }
        yield from told(town, f"receipt-{reference}", receipt, "received")


def announce(town: Town, row: dict[str, Any]) -> Asking:
    body = IncomingsBody.model_validate({"incoming": [row]})
    key = f"announce-{town.sim.chance.getrandbits(40):010x}"
    yield from tell(town, key, f"{row['quantity']} announced", partial(post_incoming, body))
