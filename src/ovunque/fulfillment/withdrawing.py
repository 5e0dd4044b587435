"""Work is taken away from who has accepted it; what was picked has to be put back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import closing, events, rules
from ovunque.fulfillment.closing import told_to
from ovunque.fulfillment.holding import hold, step_on
from ovunque.fulfillment.model import Event, Fulfillment, Step, WithdrawReason
from ovunque.fulfillment.relocating import others
from ovunque.fulfillment.store import offering as offers_store
from ovunque.fulfillment.store import picking as store
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.stock import events as stock_events
from ovunque.stock.model import Aside, Key, UnavailableReason
from ovunque.stock.setting_aside import set_aside


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawRequest:
    fulfillment_id: UUID
    reason: WithdrawReason


def withdraw(tx: Tx, by: Actor, request: WithdrawRequest, now: datetime) -> Fulfillment:
    """The fulfillment waits to be sourced again elsewhere."""
    work = hold(tx, by, request.fulfillment_id)
    step = rules.go(work, Event.WITHDRAW)
    step_on(tx, [step], now)
    blame = rules.WITHDRAWN_BY[request.reason]
    facts = [events.told(events.WITHDRAWN, work, [step], reason=request.reason, blame=blame)]
    levels = set_aside(tx, to_put_back(work), now)
    store.save_unpicked(tx, work.id)
    if levels:
        facts.append(stock_events.changed(levels))
    journal.record(tx, facts, by=by.name, at=now)
    return replace(work, state=step.after, changed_at=now, resource_at=now)


def take_away(
    tx: Tx, by: Actor, request: tuple[Sequence[Fulfillment], WithdrawReason], now: datetime
) -> list[Fact]:
    """The same for much work at once, whose orders the caller holds: it is offered no more.

    The caller records the facts, and sees to what was picked of it.
    """
    works, reason = request
    offers = offers_store.list_offers(tx, [work.id for work in works])
    closed = closing.withdraw(tx, by.name, offers, reason.value, now)
    steps = [_step(work) for work in works]
    step_on(tx, steps, now)
    told = {"reason": reason, "blame": rules.WITHDRAWN_BY[reason]}
    return [
        events.told(
            events.WITHDRAWN,
            work,
            [step],
            **told,
            **told_to(others(work, [each for each in closed if each.fulfillment_id == work.id])),
        )
        for work, step in zip(works, steps, strict=True)
    ]


def _step(work: Fulfillment) -> Step:
    """Back to whoever finds another place; who has it already is relieved of it."""
    taken = Event.WITHDRAW in rules.TRANSITIONS[work.state]
    return rules.go(work, Event.WITHDRAW if taken else Event.REJECT)


def to_put_back(work: Fulfillment) -> list[Aside]:
    """What somebody has taken from its shelf, and has to bring back."""
    return [
        Aside(
            key=Key(line.sku, work.location_id),
            reason=UnavailableReason.PUT_BACK,
            quantity=line.picked,
        )
        for line in work.lines
        if line.picked
    ]
