"""Who gets the units, and what a level becomes."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.kernel.refusal import Fault, Refusal
from ovunque.stock.model import (
    Aside,
    Ask,
    Count,
    Ending,
    Key,
    Move,
    Movement,
    MovementKind,
    Outcome,
    Plan,
    Reservation,
    Short,
    StockLevel,
    Taken,
    UnavailableReason,
)
from ovunque.stock.model.feeding import (
    Reports,
    Source,
    SourceRequest,
    Transfer,
    TransferLine,
    TransferState,
    Weight,
)
from ovunque.stock.rules.protection import UNGUARDED, Guarding

CLOCK_AHEAD_MAX = timedelta(minutes=2)
UNITS_MAX = 1_000_000
SUSPICIOUS_LEVELS_MIN = 20  # Fewer changed levels of a location are a busy hour.
MEASURED_MS_MAX = 86_400_000  # A clock may be a day wrong, and is not believed beyond.
UNSEEN_MAX = 10**18  # Beyond every sequence number.

SIGNS = {
    MovementKind.RECEIVED: 1,
    MovementKind.RETURNED: 1,
    MovementKind.SOLD_IN_STORE: -1,
    MovementKind.WRITTEN_OFF: -1,
    MovementKind.SHIPPED: -1,
    MovementKind.COLLECTED: -1,
    MovementKind.DISPATCHED: -1,
    MovementKind.ADJUSTED: 1,
    MovementKind.REGRADED: 1,
}
BRING_THEIR_SIGN = frozenset({MovementKind.ADJUSTED, MovementKind.REGRADED})

HEALED_BY = {
    MovementKind.SOLD_IN_STORE: (UnavailableReason.AWAITING_TILL,),
    MovementKind.WRITTEN_OFF: (UnavailableReason.MISSING, UnavailableReason.DAMAGED),
}


def decide(
    levels: Iterable[StockLevel],
    standing: Collection[UUID],
    asks: Sequence[Ask],
    guarding: Guarding = UNGUARDED,
) -> tuple[Outcome, ...]:
    """First come, first served: each ask takes its first plan that still fits, or nothing.

    What an ask gives back serves itself and whoever comes behind it. A reservation that no
    longer stands gives nothing: the same units never come back twice. Nobody takes what is
    protected from their channel.
    """
    free = {level.key: level.free for level in levels}
    still = set(standing)
    return tuple(_decide_one(ask, free, still, guarding) for ask in asks)


def _decide_one(ask: Ask, free: dict[Key, int], still: set[UUID], guarding: Guarding) -> Outcome:
    given: Plan = ()
    if ask.gives:
        given = tuple({each.id: each for each in ask.gives if each.id in still}.values())
    back = units(given)
    _pass(free, back, 1, guarding, ask.channel_id)
    for plan in ask.plans:
        taken = units(plan)
        within = sellable(taken, free, guarding, ask.channel_id)
        if fits(taken, within, back) and not (isinstance(ask, Move) and given != ask.gives):
            _pass(free, taken, -1, guarding, ask.channel_id)
            if given:
                still.difference_update(each.id for each in given)
            return Taken(plan=plan, given=given)
    _pass(free, back, -1, guarding, ask.channel_id)
    keys = {each.key for plan in ask.plans for each in plan}
    return Short(free=sellable(keys, free, guarding, ask.channel_id))


def sellable(
    keys: Iterable[Key], free: Mapping[Key, int], guarding: Guarding, channel_id: UUID | None
) -> Mapping[Key, int]:
    """What is free of some levels and not protected from a channel."""
    if not guarding:
        return free if isinstance(keys, dict) else {key: free.get(key, 0) for key in keys}
    return {key: free.get(key, 0) - guarding.withheld(key, channel_id) for key in keys}


def fits(taken: Mapping[Key, int], free: Mapping[Key, int], back: Mapping[Key, int]) -> bool:
    """All or nothing: each level has what the plan takes.

    Who takes no more of a level than they give back there keeps what they had: that is theirs
    even if the level is short, or protected by now.
    """
    for key, quantity in taken.items():
        if free.get(key, 0) < quantity and back.get(key, 0) < quantity:
            return False
    return True


def units(plan: Plan) -> dict[Key, int]:
    """What a plan takes of each level; a level named twice is summed."""
    summed: dict[Key, int] = {}
    for each in plan:
        summed[each.key] = summed.get(each.key, 0) + each.quantity
    return summed


def _pass(
    free: dict[Key, int],
    changes: Mapping[Key, int],
    sign: int,
    guarding: Guarding,
    channel_id: UUID | None,
) -> None:
    """Units come back to their levels, or leave them for a channel."""
    for key, quantity in changes.items():
        free[key] = free.get(key, 0) + sign * quantity
        if guarding:
            guarding.reserve(key, channel_id, -sign * quantity)


def wanted(asks: Iterable[Ask]) -> frozenset[Key]:
    """The levels of which somebody takes more than they give back there."""
    keys: set[Key] = set()
    for ask in asks:
        if not ask.gives:
            keys.update(each.key for plan in ask.plans for each in plan)
            continue
        back = units(ask.gives)
        for plan in ask.plans:
            keys.update(key for key, taken in units(plan).items() if taken > back.get(key, 0))
    return frozenset(keys)


def changes(done: Iterable[Taken]) -> dict[Key, int]:
    """How many units each level's `reserved` grows by, all outcomes together, in key order."""
    net: dict[Key, int] = {}
    for outcome in done:
        for each in outcome.plan:
            net[each.key] = net.get(each.key, 0) + each.quantity
        for each in outcome.given:
            net[each.key] = net.get(each.key, 0) - each.quantity
    return {key: taken for key, taken in sorted(net.items()) if taken}


def changed(levels: Iterable[StockLevel], changes: Mapping[Key, int]) -> tuple[StockLevel, ...]:
    """The levels that a claim has written, as they are now."""
    return tuple(
        StockLevel(
            key=level.key,
            on_hand=level.on_hand,
            unavailable=level.unavailable,
            reserved=level.reserved + units,
            version=level.version + 1,
        )
        for level in levels
        if (units := changes.get(level.key))
    )


def endings(asks: Sequence[Ask], outcomes: Sequence[Outcome]) -> dict[UUID, Ending]:
    """How each reservation that was really given back ends."""
    return {
        each.id: ask.becomes
        for ask, outcome in zip(asks, outcomes, strict=True)
        if isinstance(outcome, Taken)
        for each in outcome.given
    }


def units_aside(aside: Aside, free: int) -> int:
    """How many units of a level are set aside: those named, and the free ones if none is sure."""
    return aside.quantity + (max(0, free) if aside.remainder else 0)


def healed(
    movements: Iterable[Movement], aside: Mapping[tuple[Key, str], int]
) -> tuple[dict[tuple[Key, str], int], tuple[int, ...]]:
    """Units set aside that movements account for: the till has told, or they are written off.

    By how many each grows, which is less than nothing; and how many units of each movement do it.
    """
    less: Counter[tuple[Key, str]] = Counter()
    spent: list[int] = []
    for movement in movements:
        left = movement.quantity
        for reason in HEALED_BY.get(movement.kind, ()):
            name = movement.key, reason
            units = min(left, aside.get(name, 0) + less[name])
            less[name] -= units
            left -= units
        spent.append(movement.quantity - left)
    return {name: units for name, units in less.items() if units}, tuple(spent)


def signed(movement: Movement) -> int:
    """What a movement adds to on-hand."""
    return SIGNS[movement.kind] * movement.quantity


def is_write_off(kind: MovementKind, quantity: int) -> bool:
    """Who adjusts units away writes them off by another name."""
    return kind == MovementKind.WRITTEN_OFF or (kind == MovementKind.ADJUSTED and quantity < 0)


def corrected(source: Source, as_of: datetime) -> datetime:
    """A moment of a source's clock by ours."""
    return as_of - source.ahead


def added(source: Source, level: StockLevel, picked: int) -> int:
    """What a level has beside what its source counts there."""
    if source.reports == Reports.AVAILABLE:
        return level.unavailable + level.reserved
    return 0 if source.picked_inside else picked


def unseen(seen: Sequence[tuple[datetime, int]], left: Sequence[tuple[datetime, int]]) -> int:
    """How many units that left while a shelf was counted had not been counted yet, at least.

    Both are in the order of time. Who takes a unit takes one that was counted, if there is any:
    a unit too few is found again, a unit too many is sold twice.
    """
    found, missed, rest = 0, 0, list(seen)
    for moment, units in left:
        while rest and rest[0][0] < moment:
            found += rest.pop(0)[1]
        taken = min(units, found)
        found -= taken
        missed += units - taken
    return missed


def unrecorded(on_hand: int, adjusted: int) -> int:
    """What has to be adjusted so that nothing more has left than ever came.

    `adjusted` was, and is part of `on_hand`. What came of it is the same in every order of the
    messages: a receipt that comes after its sale takes the adjustment back.
    """
    return max(0, adjusted - on_hand) - adjusted


def give_way(holds: Iterable[Reservation], gap: int) -> Plan:
    """The holds that a gap costs, of those given the first ones."""
    lost: list[Reservation] = []
    for hold in holds:
        if gap <= 0:
            break
        lost.append(hold)
        gap -= hold.quantity
    return tuple(lost)


Range = tuple[int, int]  # Of sequence numbers, both included.


def follow(last: int | None, missing: Iterable[Range], seen: Iterable[int]) -> list[Range]:
    """The numbers still missing up to the highest seen, once these have come too."""
    numbers = sorted(set(seen))
    left = sorted(missing)
    if numbers:
        start = numbers[0] if last is None else last + 1
        if numbers[-1] >= start:
            left.append((start, numbers[-1]))
    for number in numbers:
        at = bisect_right(left, (number, UNSEEN_MAX)) - 1
        if at >= 0 and left[at][0] <= number <= left[at][1]:
            first, end = left[at]
            left[at : at + 1] = [
                each for each in ((first, number - 1), (number + 1, end)) if each[0] <= each[1]
            ]
    return left


def receive(
    lines: Iterable[TransferLine], came: Mapping[str, int], *, last: bool
) -> tuple[TransferLine, ...]:
    """The lines with what has come; after the last of it the rest is missing."""
    known = {line.sku: line for line in lines}
    after = []
    for sku in sorted({*known, *came}):
        line = known.get(sku, TransferLine(sku=sku, planned=0))
        line = replace(line, received=line.received + came.get(sku, 0))
        after.append(replace(line, missing=line.dispatched - line.received) if last else line)
    return tuple(after)


def changes_what_comes(transfer: Transfer) -> bool:
    """Whether more or less comes than was known: it has left, or some of it never arrives."""
    if transfer.state == TransferState.DISPATCHED:
        return not any(line.received for line in transfer.lines)
    return any(line.missing > 0 for line in transfer.lines)


def is_suspicious(source: Source, weight: Weight) -> bool:
    """Whether a feed changes more of a location than its source usually does."""
    return weight.units > 0 and (
        weight.moved_percent > source.moved_percent_max
        or weight.zeroed_percent > source.zeroed_percent_max
    )


def measured(before_ms: int | None, ahead_ms: int) -> int:
    """How far a clock is ahead, as far as its messages told.

    A message takes its time: the shortest way says the most, and a clock that was set is believed
    after a while.
    """
    ahead_ms = max(-MEASURED_MS_MAX, min(MEASURED_MS_MAX, ahead_ms))
    if before_ms is None or ahead_ms >= before_ms:
        return ahead_ms
    return before_ms - max(1, (before_ms - ahead_ms) // 16)


def check_source(request: SourceRequest) -> None:
    """Refused when it contradicts itself."""
    if request.reports == Reports.AVAILABLE and not request.picked_inside:
        detail = "what is available never contains what is picked: say picked_inside."
        raise Refusal("invalid", detail=detail)


def is_described(source: Source, request: SourceRequest) -> bool:
    """Whether a source is described like this already."""
    return source.version > 0 and all(
        getattr(source, each.name) == getattr(request, each.name) for each in fields(request)
    )


def check_count(count: Count, now: datetime) -> tuple[Fault, ...]:
    """What is wrong with a count: bounds, and a moment that has not come yet."""
    faults = []
    if not 0 <= count.on_hand <= UNITS_MAX:
        faults.append(_bounds("/on_hand", 0))
    if count.as_of > now + CLOCK_AHEAD_MAX:
        faults.append(Fault("/as_of", "in_the_future", "This lies ahead of our clock."))
    return tuple(faults)


def check_movement(movement: Movement, now: datetime) -> tuple[Fault, ...]:
    """What is wrong with a movement: bounds, sign, and a moment that has not come yet."""
    faults = []
    least = -UNITS_MAX if movement.kind in BRING_THEIR_SIGN else 1
    if not least <= movement.quantity <= UNITS_MAX or movement.quantity == 0:
        faults.append(_bounds("/quantity", least))
    if movement.occurred_at > now + CLOCK_AHEAD_MAX:
        faults.append(Fault("/occurred_at", "in_the_future", "This lies ahead of our clock."))
    if movement.reference is not None and movement.kind != MovementKind.RECEIVED:
        faults.append(Fault("/reference", "unexpected", "Only a receipt is of a delivery."))
    return tuple(faults)


def _bounds(pointer: str, least: int) -> Fault:
    detail = f"This number is not between {least} and {UNITS_MAX}."
    if least < 0:
        detail = f"This number is 0, or not between {least} and {UNITS_MAX}."
    return Fault(pointer, "out_of_bounds", detail)
