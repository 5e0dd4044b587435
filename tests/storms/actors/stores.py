"""Stores and warehouses: they accept, refuse, say nothing, pick, find too little, pack."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from tests.storms.kernel import Actor, Asking, Call, insist
from tests.storms.town import Town
from tests.storms.weather import Fault

from ovunque.api.fulfillments import (
    post_acceptance,
    post_parcel,
    post_pick,
    post_rejection,
    post_shortage,
)
from ovunque.api.fulfillments_bodies import (
    AcceptBody,
    PackBody,
    PickBody,
    RejectBody,
    ShortageBody,
)
from ovunque.api.parcels import ReceiptBody, post_parcel_receipt
from ovunque.api.put_backs import PutBackBody, post_put_back
from ovunque.kernel.ids import public_id

REASONS = ("not_found", "fewer", "damaged", "display", "sold_meanwhile")
EXCUSES = ("no_time", "closed", *REASONS)

TASKS = """
select work.id, work.state, work.carrier_service_id is not null, line.line_id, line.sku,
       sum(line.quantity - line.picked)::int, bool_and(line.parcel_id is not null)
  from fulfillment as work join fulfillment_line as line on line.fulfillment_id = work.id
 where work.replaced_at is null
   and (work.location_id = %(at)s and work.state in ('accepted', 'picking', 'picked')
        or work.state = 'offered'
           and exists (select from offer
                        where fulfillment_id = work.id and state = 'open'
                          and location_id = %(at)s))
 group by work.id, line.line_id, line.sku
 order by work.id, line.line_id, line.sku
"""


@dataclass
class Task:
    """A fulfillment as the tablet of a store shows it."""

    id: UUID
    state: str
    travels: bool
    to_pick: list[tuple[UUID, str, int]] = field(default_factory=list)


def store(town: Town, code: str) -> Actor:
    """The people of a location, who look at their tablet every so often."""
    sim = town.sim
    while True:
        yield sim.between(15, 50)
        if sim.weather.strikes(Fault.SILENT):
            yield sim.between(20, 150)
            continue
        for task in tasks_of(town, code):
            yield from work_on(town, code, task)
        if sim.rare("store.refuses_at_the_counter"):
            yield from refuse_ready(town, code)
        if sim.chance.random() < 0.4:
            yield from put_back(town, code)
        if not sim.weather.strikes(Fault.UNSEEN):
            yield from receive(town, code)


def tasks_of(town: Town, code: str) -> list[Task]:
    tasks: dict[UUID, Task] = {}
    for id_, state, travels, line_id, sku, left, _ in town.database.look(TASKS, at=town.ids[code]):
        task = tasks.setdefault(id_, Task(id_, state, travels))
        if left:
            task.to_pick.append((line_id, sku, left))
    return list(tasks.values())


def work_on(town: Town, code: str, task: Task) -> Asking:
    sim = town.sim
    if sim.rare("store.looks_away"):
        return
    if task.state == "offered":
        if sim.weather.strikes(Fault.REFUSES):
            yield from refuse(town, code, task)
            return
        answer = yield from accept(town, code, task)
        if not answer.done:
            return
    yield sim.between(0.5, 5)
    if task.state != "picked":
        for line_id, sku, left in task.to_pick:
            if not (yield from pick(town, code, task, (line_id, sku, left))):
                return
    if task.travels:
        yield sim.between(0.5, 5)
        yield from pack(town, code, task)


def tell(
    town: Town, code: str, task: Task, what: str, route: Callable[..., Any], body: Any
) -> Asking:
    """Whatever a store tells, under a key of its own; sometimes under none."""
    sim = town.sim
    key = f"{what}-{sim.chance.getrandbits(40):010x}"
    keyless = what in ("accept", "reject") and sim.rare("store.tells_without_key")

    def do(api: Any, reply: Any) -> None:
        bound = partial(route, task.id, body)
        asked = body.model_dump_json()
        reply(api.run(town.person(code), None if keyless else key, bound, asked))

    return (yield from insist(Call(f"{what} at {code}", do), sim))


def accept(town: Town, code: str, task: Task) -> Asking:
    return (yield from tell(town, code, task, "accept", post_acceptance, AcceptBody()))


def refuse(town: Town, code: str, task: Task) -> Asking:
    body = RejectBody.model_validate({"reason": town.sim.chance.choice(EXCUSES)})
    yield from tell(town, code, task, "reject", post_rejection, body)


def refuse_ready(town: Town, code: str) -> Asking:
    """Goods that somebody may come for are not handed over after all: no time, or closed."""
    ready = town.database.look(
        "select id from fulfillment where location_id = %s and state = 'ready' "
        "and carrier_service_id is null and replaced_at is null order by id",
        town.ids[code],
    )
    for (id_,) in ready[:1]:
        body = RejectBody.model_validate({"reason": town.sim.chance.choice(EXCUSES[:2])})
        yield from tell(town, code, Task(id_, "ready", False), "reject", post_rejection, body)


def pick(town: Town, code: str, task: Task, wanted: tuple[UUID, str, int]) -> Asking:
    """Take what is there from the shelf, and say what is not; whether to go on."""
    line_id, sku, left = wanted
    while left:
        there = min(left, max(0, town.on_shelf(code, sku)))
        if town.sim.weather.strikes(Fault.SHORT):
            there = town.sim.chance.randint(0, there)
        if there and town.sim.rare("store.scans_one_by_one"):
            there = 1
        asked: dict[str, Any] = {"line": public_id("lin", line_id), "quantity": there or left}
        if there:
            # Whether they are in somebody's hands must not hang on an answer that gets lost.
            town.stage(code, sku, there)
            body: Any = PickBody.model_validate({"barcode": sku, **asked})
            answer = yield from tell(town, code, task, "pick", post_pick, body)
            if not answer.done:
                town.stage(code, sku, -there)
                return False
            left -= there
        else:
            reason = town.sim.chance.choice(REASONS)
            body = ShortageBody.model_validate({**asked, "sku": sku, "reason": reason})
            answer = yield from tell(town, code, task, "short", post_shortage, body)
            return bool(answer.done) and len(task.to_pick) > 1
        yield town.sim.between(0.1, 2)
    return True


def pack(town: Town, code: str, task: Task) -> Asking:
    """All in one parcel, or one unit first."""
    sim = town.sim
    if sim.rare("store.packs_one_unit") and task.to_pick:
        line_id, _, _ = task.to_pick[0]
        one = {"line": public_id("lin", line_id), "quantity": 1}
        body = PackBody.model_validate({"weight_g": 500, "lines": [one]})
        yield from tell(town, code, task, "pack", post_parcel, body)
    body = PackBody.model_validate({"weight_g": 1_500})
    yield from tell(town, code, task, "pack", post_parcel, body)


def put_back(town: Town, code: str) -> Asking:
    """What was picked for nobody goes back to its shelf."""
    waiting = town.database.look(
        "select sku, quantity from stock_unavailable where location_id = %s "
        "and reason = 'put_back' order by sku",
        town.ids[code],
    )
    for sku, quantity in waiting:
        there = town.staged[code, sku] - at_work(town, code, sku)
        units = min(there, 1 if town.sim.rare("store.puts_back_one") else quantity)
        if units < 1:  # A carrier has taken the parcel unseen: the next count will tell.
            continue
        body = PutBackBody(location=code, barcode=sku, quantity=units)
        key = f"back-{town.sim.chance.getrandbits(40):010x}"
        route = partial(post_put_back, body)

        def do(api: Any, reply: Any, key: str = key, route: Any = route, body: Any = body) -> None:
            reply(api.run(town.person(code), key, route, body.model_dump_json()))

        answer = yield from insist(Call(f"put back at {code}", do), town.sim)
        if answer.done:
            town.stage(code, sku, -units)


def at_work(town: Town, code: str, sku: str) -> int:
    """Picked units in the house that somebody still waits for."""
    ((units,),) = town.database.look(
        "select coalesce(sum(line.picked), 0)::int from fulfillment as work "
        "join fulfillment_line as line on line.fulfillment_id = work.id "
        "left join parcel on parcel.id = line.parcel_id "
        "where work.location_id = %s and line.sku = %s and work.replaced_at is null "
        "and work.state in ('picking', 'picked', 'packed', 'ready') "
        "and coalesce(parcel.tracking, '') <> all(%s)",
        town.ids[code],
        sku,
        list(town.gone),
    )
    return int(units)


def receive(town: Town, code: str) -> Asking:
    """Scan the parcels at the door that somebody comes for."""
    while town.at_door[code]:
        sscc = town.at_door[code].pop()
        yield from scan(town, code, sscc)
        if town.sim.rare("store.scans_a_parcel_twice"):
            yield from scan(town, code, sscc)


def scan(town: Town, code: str, sscc: str) -> Asking:
    key = f"arrived-{town.sim.chance.getrandbits(40):010x}"
    route = partial(post_parcel_receipt, ReceiptBody(location=code, sscc=sscc))

    def do(api: Any, reply: Any) -> None:
        reply(api.run(town.person(code), key, route, sscc))

    answer = yield from insist(Call(f"parcel arrived at {code}", do), town.sim)
    # Canceled by who did not know that it was on its way: nobody comes for it, and people are told.
    assert answer.done or answer.word == "409 transition_refused", answer
