"""Places a batch of orders: each is decided once, answered once, and served or refused whole.

One transaction and a handful of set-based statements, whatever the size of the batch. The plan
an order brings was made on the snapshot; the claim decides on the truth, under the locks. An
order whose plan is gone is sourced again on what is really there and goes to the head of the
next batch; it is refused only when no plan exists in the whole pool.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.kernel.refusal import Fault, Refusal
from ovunque.orders import pledging, store, writing
from ovunque.orders.drafting import Placement, TurnedAway
from ovunque.orders.looking import look
from ovunque.orders.model import OnShortage, Order
from ovunque.orders.ports import Desk
from ovunque.platform import idempotency
from ovunque.platform.batching import Again
from ovunque.platform.database import Tx
from ovunque.platform.idempotency import Answer, Key
from ovunque.platform.telemetry import INTAKE_AGAIN, INTAKE_OUTCOMES
from ovunque.sourcing.planning import Shelf, Wish, plan
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock.claiming import claim
from ovunque.stock.model import Ask, Short

KeyName = tuple[UUID, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a client gets; `replayed` when it was said before."""

    answer: Answer
    replayed: bool


Entering = Placement | TurnedAway
Outcome = Answered | Again[Entering]
Decided = Order | Refusal | Again[Entering]


def place(tx: Tx, desk: Desk, batch: Sequence[Entering], now: datetime) -> list[Outcome]:
    """One outcome for each that enters: an answer, or `Again` for the next batch."""
    with tx.pipeline():  # The database writes one part while the next is put into words.
        known = idempotency.list_answers(tx, [each.key for each in batch])
        first: dict[KeyName, Entering] = {}
        for each in batch:
            if each.key not in known:
                first.setdefault(_name(each.key), each)
        new = list(first.values())
        outcomes = [_word(desk, each) for each in _decide(tx, desk, new, now)]
        answers = [
            (each.key, outcome.answer)
            for each, outcome in zip(new, outcomes, strict=True)
            if isinstance(outcome, Answered) and (isinstance(each, Placement) or each.is_kept)
        ]
        confirm = idempotency.add_answers(tx, answers, now)
    confirm()
    decided = dict(zip(first, outcomes, strict=True))
    return [
        decided[_name(each.key)]
        if first.get(_name(each.key)) is each
        else _repeat(desk, each, known.get(each.key), first, decided)
        for each in batch
    ]


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


def _word(desk: Desk, decided: Decided) -> Outcome:
    """What was decided, as the client will read it."""
    if isinstance(decided, Again):
        INTAKE_AGAIN.inc()
        return decided
    if isinstance(decided, Refusal):
        INTAKE_OUTCOMES.labels(decided.code).inc()
        return Answered(answer=desk.rendering.refusal(decided), replayed=False)
    INTAKE_OUTCOMES.labels("placed").inc()
    return Answered(answer=desk.rendering.order(decided, desk.snapshot()), replayed=False)


def _decide(tx: Tx, desk: Desk, new: Sequence[Entering], now: datetime) -> list[Decided]:
    """Claim the stock of all, write what was accepted, source again what lost its plan."""
    if not new:
        return []
    decided: dict[int, Decided] = {
        nth: each.refusal for nth, each in enumerate(new) if isinstance(each, TurnedAway)
    }
    asking = {nth: each for nth, each in enumerate(new) if isinstance(each, Placement)}
    decided |= _already_there(tx, asking)
    hopeful = {
        nth: writing.accept(each, now, desk.new_id)
        for nth, each in asking.items()
        if nth not in decided and each.plan is not None
    }
    asks = [
        Ask(plans=(each.reservations,), channel_id=each.placement.draft.channel_id)
        for each in hopeful.values()
    ]
    claimed = claim(tx, asks, now)
    accepted = {
        nth: hope
        for (nth, hope), outcome in zip(hopeful.items(), claimed.outcomes, strict=True)
        if not isinstance(outcome, Short)
    }
    losers = {
        nth: each for nth, each in asking.items() if nth not in decided and nth not in accepted
    }
    decided |= zip(losers, _source_again(tx, desk, [*losers.values()], now), strict=True)
    orders = writing.write(tx, desk, [*accepted.values()], claimed.levels, now)
    decided |= zip(accepted, orders, strict=True)
    return [decided[nth] for nth in range(len(new))]


def _already_there(tx: Tx, new: Mapping[int, Placement]) -> list[tuple[int, Refusal]]:
    """Orders whose external id the channel has used already: refused by the first one's number."""
    names = {
        nth: (each.draft.channel_id, each.draft.request.external_id)
        for nth, each in new.items()
        if each.draft.request.external_id is not None
    }
    if not names:
        return []
    seen = store.list_external(tx, list(names.values()))
    refused = []
    for nth, name in names.items():
        if name in seen:
            refused.append((nth, Refusal("order_exists", external_id=name[1], number=seen[name])))
        seen.setdefault(name, "another order of this moment")
    return refused


def _source_again(tx: Tx, desk: Desk, losers: Sequence[Placement], now: datetime) -> list[Decided]:
    """A new plan on what is really there, each on what the one before leaves; or the refusal.

    Refused only if the whole stock, without what others of this batch hope for, offers no plan:
    their hopes may come to nothing too.
    """
    if not losers:
        return []
    snapshot = desk.snapshot()
    skus = {demand.sku for each in losers for need in each.draft.needs for demand in need.demands}
    truth = look(tx, snapshot, skus, now)
    left = truth.apart()
    decided: list[Decided] = []
    for each in losers:
        wish = wish_of(each, snapshot, now)
        found = plan(snapshot, left, wish) or plan(snapshot, truth, wish)
        if found is None:
            decided.append(_refuse(desk, each, truth, now))
            continue
        left.take(found, snapshot.network.position_of)
        decided.append(Again(replace(each, plan=found, passed_over=each.passed_over + 1)))
    return decided


def _refuse(desk: Desk, each: Placement, shelf: Shelf, now: datetime) -> Refusal:
    """Too little is there; or enough, but not as it was promised: then what can be promised now."""
    options = pledging.offer_again(desk, each.draft, each.draft.pledges, shelf, now)
    if options:
        return Refusal("promise_changed", shown={"options": options})
    return _out_of_stock(each, desk.snapshot(), shelf)


def wish_of(each: Placement, snapshot: Snapshot, now: datetime) -> Wish:
    """What an order asks of sourcing."""
    request = each.draft.request
    return Wish(
        channel=snapshot.network.channels[request.channel],
        needs=each.draft.needs,
        whole=request.on_shortage == OnShortage.REFUSE,
        now=now,
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
