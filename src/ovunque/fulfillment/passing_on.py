"""An offer was not taken: the work waits for who else was asked, or for another plan.

The units stand with one of those who may still take them. They leave whoever said no or nothing
at once, for somebody else may need them there; where they find no place the competition is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import closing, rules
from ovunque.fulfillment.closing import told_to
from ovunque.fulfillment.model import Event, Fulfillment, FulfillmentState, Offer, Step
from ovunque.fulfillment.model.asking import way_of
from ovunque.fulfillment.relocating import Relocation, at, relocate
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact

NOBODY_LEFT = "no_units"  # Why offers are withdrawn whose location has not all units any more.


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """Work, all its offers as they stood, and those of them that were closed just now."""

    work: Fulfillment
    offers: Sequence[Offer]
    closed: Sequence[Offer]

    @property
    def left(self) -> tuple[Offer, ...]:
        """Offers that still wait, the first that was opened first."""
        gone = {each.id for each in self.closed}
        return tuple(each for each in closing.open_ones(self.offers) if each.id not in gone)

    @property
    def is_homeless(self) -> bool:
        """Whether its units stand where nobody takes them any more."""
        return all(each.location_id != self.work.location_id for each in self.left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The work as it stands then; a step if nobody is left who may take it."""

    work: Fulfillment
    steps: tuple[Step, ...]
    told: dict[str, list[UUID]]  # Whose screens show it otherwise now.
    facts: Sequence[Fact] = ()  # Of the stock.


def pass_on(tx: Tx, by: Actor, passing: Sequence[Passing], now: datetime) -> list[Passed]:
    """What becomes of works of which offers were closed; the caller writes the steps and facts."""
    moves = [
        Relocation(
            work=each.work,
            choices=[at(each.work, way_of(offer), offer.id) for offer in each.left],
        )
        for each in passing
        if each.left and each.is_homeless and each.work.state == FulfillmentState.OFFERED
    ]
    moved = relocate(tx, moves, now)
    passed = []
    for each in passing:
        work = moved.works.get(each.work.id)
        if work is None and each.left and not each.is_homeless:
            work = each.work
        if work is not None:
            passed.append(Passed(work=work, steps=(), told=told_to(each.left)))
            continue
        lost = closing.withdraw(tx, by.name, each.left, NOBODY_LEFT, now)
        step = rules.go(each.work, Event.REJECT)
        passed.append(Passed(work=each.work, steps=(step,), told=told_to(lost)))
    if moved.facts:
        passed[0] = replace(passed[0], facts=moved.facts)
    return passed
