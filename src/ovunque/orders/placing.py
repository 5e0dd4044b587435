"""Places a batch of orders and holds: each is decided once, answered once, served or refused whole.

One transaction and a handful of set-based statements, whatever the size of the batch. The plan
an order brings was made on the snapshot; the claim decides on the truth, under the locks. An
order whose plan is gone is sourced again on what is really there and goes to the head of the
next batch; it is refused only when no plan exists in the whole pool.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import numpy as np

from ovunque.kernel.freezing import frozen
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.orders import holding, pledging, writing
from ovunque.orders.drafting import Placement, TurnedAway
from ovunque.orders.holding import Entering, Holding, Releasing
from ovunque.orders.hoping import Hope, Hopes, Keep, Release, external_of, hope_for
from ovunque.orders.looking import look
from ovunque.orders.model import OnShortage, Order
from ovunque.orders.ports import Desk
from ovunque.orders.writing import Accepted, Names
from ovunque.platform import idempotency
from ovunque.platform.batching import Again
from ovunque.platform.database import Tx
from ovunque.platform.idempotency import Answer, Key
from ovunque.platform.journal import Fact
from ovunque.platform.telemetry import INTAKE_AGAIN, INTAKE_OUTCOMES
from ovunque.sourcing import trialing
from ovunque.sourcing.model import SourcingPlan
from ovunque.sourcing.planning import Shelf, Wish, plan
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock import events as stock_events
from ovunque.stock import keeping
from ovunque.stock.claiming import claim
from ovunque.stock.model import Hold, HoldState, Plan, Short, Taken

PASSED_OVER_MAX = 16  # Plans of one ask that may be gone when their turn comes.

KeyName = tuple[UUID, str]


@frozen
class Answered:
    """What a client gets; `replayed` when it was said before."""

    answer: Answer
    replayed: bool


Outcome = Answered | Again[Entering]
Decided = Order | Hold | Refusal | Again[Entering]


def place(tx: Tx, desk: Desk, batch: Sequence[Entering], now: datetime) -> list[Outcome]:
    """One outcome for each entry: an answer, or `Again` for the next batch.

    All that is asked of the database travels together: on a pipeline it is waited for once.
    """
    told = idempotency.ask_answers(tx, [each.key for each in batch])
    names = [_name(each.key) for each in batch]
    first: dict[KeyName, Entering] = {}
    for name, each in zip(names, batch, strict=True):
        first.setdefault(name, each)
    hopes = hope_for(tx, desk, list(first.values()), now)
    known = told()
    new = {nth: each for nth, each in enumerate(first.values()) if each.key not in known}
    decided = _decide(tx, desk, hopes, new, now)
    outcomes: dict[KeyName, Outcome] = {}
    answers: list[tuple[Key, Answer]] = []
    for nth, each in new.items():
        outcome = outcomes[_name(each.key)] = _word(desk, decided[nth], now)
        if isinstance(outcome, Answered) and _is_kept(each, decided[nth]):
            answers.append((each.key, outcome.answer))
    idempotency.add_answers(tx, answers, now)
    return [
        outcomes[name]
        if name in outcomes and first[name] is each
        else _repeat(desk, each, known.get(each.key), first, outcomes)
        for name, each in zip(names, batch, strict=True)
    ]


def _is_kept(each: Entering, said: Decided) -> bool:
    """Whether this is its key's answer for good; who is told to come again may do so."""
    if isinstance(said, Refusal) and said.code == "busy":
        return False
    return not isinstance(each, TurnedAway) or each.is_kept


def _name(key: Key) -> KeyName:
    return key.client_id, key.key


def _repeat(
    desk: Desk,
    each: Entering,
    known: Answer | Refusal | None,
    first: Mapping[KeyName, Entering],
    decided: Mapping[KeyName, Outcome],
) -> Outcome:
    """What was answered to this key before, in an earlier batch or a moment ago in this one."""
    if known is None:
        outcome = decided[_name(each.key)]
        if isinstance(outcome, Again):
            return Again(each)
        same = first[_name(each.key)].key == each.key
        known = outcome.answer if same else Refusal("idempotency_key_reused")
    if isinstance(known, Refusal):
        return Answered(answer=desk.rendering.refusal(known), replayed=False)
    return Answered(answer=known, replayed=True)


def _word(desk: Desk, decided: Decided, now: datetime) -> Outcome:
    """What was decided, as the client will read it."""
    if isinstance(decided, Again):
        INTAKE_AGAIN.inc()
        return decided
    if isinstance(decided, Refusal):
        INTAKE_OUTCOMES.labels(decided.code).inc()
        return Answered(answer=desk.rendering.refusal(decided), replayed=False)
    if isinstance(decided, Hold):
        INTAKE_OUTCOMES.labels(decided.state(now)).inc()
        return Answered(answer=desk.rendering.hold(decided, desk.snapshot(), now), replayed=False)
    return Answered(answer=desk.rendering.order(decided, desk.snapshot()), replayed=False)


def _decide(
    tx: Tx, desk: Desk, hoped: Hopes, new: Mapping[int, Entering], now: datetime
) -> Mapping[int, Decided]:
    """Claim the stock of all, write what was accepted, source again what lost its plan.

    Holds, releases and orders are decided in the order in which they came: what one gives back
    serves the one behind it.
    """
    if not new:
        return {}
    decided: dict[int, Decided] = {**_already_there(new, hoped.used()), **hoped.refused}
    hopes = {nth: hope for nth, hope in hoped.hopes.items() if nth in new and nth not in decided}
    claimed = claim(tx, [hoped.asks[nth] for nth in hopes], now, hoped.reach)
    outcomes = dict(zip(hopes, claimed.outcomes, strict=True))
    done = {nth: each for nth, each in outcomes.items() if not isinstance(each, Short)}
    losers = {nth: each for nth, each in new.items() if nth not in decided and nth not in done}
    decided |= zip(losers, _source_again(tx, desk, losers.values(), hoped.holds, now), strict=True)
    won = [(nth, hopes[nth], outcome) for nth, outcome in done.items()]
    facts = stock_events.claimed(claimed.levels, claimed.expired)
    return decided | _write(tx, desk, won, (hoped.names, facts), now)


def _write(
    tx: Tx,
    desk: Desk,
    won: Sequence[tuple[int, Hope, Taken]],
    told: tuple[Names, list[Fact]],
    now: datetime,
) -> dict[int, Decided]:
    """Write what was claimed for, with one fact for all to which the same happened."""
    names, facts = told
    kept = {nth: hope.hold for nth, hope, _ in won if isinstance(hope, Keep)}
    freed: dict[int, Decided] = {}
    released: list[UUID] = []
    converted: dict[UUID, UUID | None] = {}
    for nth, hope, outcome in won:
        if isinstance(hope, Release):
            freed[nth] = _release(hope.hold, outcome, now)
            if isinstance(freed[nth], Hold):
                released.append(hope.hold.id)
        elif isinstance(hope, Accepted):
            order_id = hope.placement.draft.id
            converted |= {each.hold_id: order_id for each in outcome.given if each.hold_id}
    if kept:
        keeping.add_holds(tx, kept.values())
    if released:
        keeping.end_holds(tx, HoldState.RELEASED, dict.fromkeys(released), now)
    if converted:
        keeping.end_holds(tx, HoldState.CONVERTED, converted, now)
    facts += stock_events.holds(stock_events.HELD, [hold.id for hold in kept.values()])
    facts += stock_events.holds(stock_events.RELEASED, released)
    facts += stock_events.holds(stock_events.CONVERTED, list(converted))
    accepted = {nth: hope for nth, hope, _ in won if isinstance(hope, Accepted)}
    snapshot = desk.snapshot()
    if snapshot.steering.trials(now):
        wishes = [wish_of(each.placement, snapshot, now) for each in accepted.values()]
        trialing.enter(tx, snapshot, wishes)
    orders = writing.write(tx, desk, [*accepted.values()], facts, names=names, now=now)
    INTAKE_OUTCOMES.labels("placed").inc(len(orders))
    return {**kept, **freed, **dict(zip(accepted, orders, strict=True))}


def _release(hold: Hold, outcome: Taken, now: datetime) -> Hold | Refusal:
    """The hold as it ended, or why it could not: its time was over, or somebody was faster."""
    if not outcome.given:
        state = hold.state(now)
        return Refusal("hold_ended", state="ended" if state == HoldState.HELD else state)
    return replace(hold, ended=HoldState.RELEASED, reservations=())


def _already_there(
    new: Mapping[int, Entering], used: Mapping[tuple[UUID, str], str]
) -> dict[int, Refusal | Again[Entering]]:
    """Orders whose external id is used: refused, or behind one that may come to nothing yet."""
    found: dict[int, Refusal | Again[Entering]] = {}
    named: set[tuple[UUID, str]] = set()
    for nth, each in new.items():
        name = external_of(each)
        if name is None:
            continue
        if name in used:
            found[nth] = Refusal("order_exists", external_id=name[1], number=used[name])
        elif name in named:
            found[nth] = Again(each)
        named.add(name)
    return found


def _source_again(
    tx: Tx,
    desk: Desk,
    losers: Collection[Entering],
    holds: Mapping[UUID, Hold],
    now: datetime,
) -> list[Decided]:
    """A new plan on what is really there, each on what the one before leaves; or the refusal.

    Refused only if the whole stock, without what others of this batch hope for, offers no plan:
    their hopes may come to nothing too. Who loses plan after plan is told to come again: nobody
    goes round for ever at the head of every batch.
    """
    if not losers:
        return []
    snapshot = desk.snapshot()
    truth = look(tx, snapshot, {sku for each in losers for sku in _skus(each)}, now)
    left = truth.apart()
    decided: list[Decided] = []
    for each in losers:
        assert not isinstance(each, Releasing | TurnedAway), "who asks for nothing never loses"
        if each.passed_over >= PASSED_OVER_MAX:
            decided.append(Refusal("busy"))
            continue
        if isinstance(each, Holding):
            decided.append(_keep_again(desk, each, (left, truth), now))
            continue
        wish = wish_of(each, snapshot, now)
        held = holding.standing_of(each, holds, now)
        found = plan_with(snapshot, left, wish, held) or plan_with(snapshot, truth, wish, held)
        if found is None:
            decided.append(_refuse(desk, each, truth, now))
            continue
        if not held:
            left.take(found, snapshot.network.position_of)
        decided.append(Again(replace(each, plan=found, passed_over=each.passed_over + 1)))
    return decided


def _skus(each: Entering) -> Iterable[str]:
    if isinstance(each, Holding):
        return each.units
    needs = each.draft.needs if isinstance(each, Placement) else ()
    return {demand.sku for need in needs for demand in need.demands}


def _keep_again(desk: Desk, each: Holding, shelves: tuple[Shelf, Shelf], now: datetime) -> Decided:
    """The hold somewhere else, or the refusal."""
    for shelf in shelves:
        found = holding.plan(desk, each, shelf, now)
        if found is not None:
            return Again(replace(each, plan=found, passed_over=each.passed_over + 1))
    return holding.out_of_stock(each, shelves[1])


def plan_with(
    snapshot: Snapshot, shelf: Shelf, wish: Wish, held: Plan
) -> tuple[SourcingPlan, ...] | None:
    """The plan of an order: out of what is held for it, if that is all; else with it."""
    if not held:
        return plan(snapshot, shelf, wish)
    positions = snapshot.network.position_of
    units = [(each.key.sku, positions[each.key.location_id], each.quantity) for each in held]
    size = len(snapshot.network.locations)
    own = Shelf(lambda _: np.zeros(size, np.int64)).with_units(units)
    whole = replace(wish, whole=True)
    return plan(snapshot, own, whole) or plan(snapshot, shelf.with_units(units), wish)


def _refuse(desk: Desk, each: Placement, shelf: Shelf, now: datetime) -> Refusal:
    """Too little is there; or enough, but not as it was promised: then what can be promised now."""
    anew = pledging.offer_again(desk, each.by, each.draft, shelf, now)
    if anew.options:
        shown = desk.rendering.anew(anew, desk.snapshot(), desk.promises)
        return Refusal("promise_changed", shown=shown)
    return _out_of_stock(each, desk.snapshot(), shelf)


def wish_of(each: Placement, snapshot: Snapshot, now: datetime) -> Wish:
    """What an order asks of sourcing."""
    request = each.draft.request
    return Wish(
        channel=snapshot.network.channels[request.channel],
        needs=each.draft.needs,
        whole=request.on_shortage == OnShortage.REFUSE,
        now=now,
        value_cents=request.value_cents,
        order_id=each.draft.id,
    )


def _out_of_stock(each: Placement, snapshot: Snapshot, shelf: Shelf) -> Refusal:
    """Says for each line how many the whole pool could still give."""
    channel = snapshot.network.channels[each.draft.request.channel]
    faults, lines = [], []
    for line in each.draft.lines:
        demands = [
            demand
            for need in each.draft.needs
            for demand in need.demands
            if demand.line_id == line.id
        ]
        available = min(shelf.total(d.sku, channel, channel.pool) // d.set_of for d in demands)
        if available < line.request.quantity:
            detail = f"{line.request.sku}: {available} of {line.request.quantity} available"
            pointer = f"/lines/{line.nth}"
            faults.append(Fault(pointer, "out_of_stock", detail))
        lines.append({"sku": line.request.sku, "available": available})
    short = ", ".join(fault.detail for fault in faults) or "no location can serve these together"
    return Refusal("out_of_stock", errors=tuple(faults), short=short, shown={"lines": lines})
