"""A location takes an offer: the first claim wins, everybody later is told who it was."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import closing, events, rules
from ovunque.fulfillment.closing import TAKEN, find_open, told_to
from ovunque.fulfillment.holding import hold_offered, step_on
from ovunque.fulfillment.model import Event, Fulfillment, OfferState
from ovunque.fulfillment.model.asking import way_of
from ovunque.fulfillment.refusing import refuse_key
from ovunque.fulfillment.relocating import Relocation, at, relocate
from ovunque.fulfillment.store import offering as store
from ovunque.kernel.refusal import Refusal
from ovunque.platform import jobs, journal
from ovunque.platform.database import Tx


def accept(
    tx: Tx, by: Actor, fulfillment_id: UUID, now: datetime, location_id: UUID | None = None
) -> Fulfillment:
    """The fulfillment is its location's own work from now on.

    Of those who compete the first has it, and its units move there in the same write. Whose units
    are gone meanwhile is told so, and the others may still have it. Who acts for all locations
    says for which; else it is the one where the units stand.
    """
    work = hold_offered(tx, by, fulfillment_id)
    offers = store.list_offers(tx, [work.id])
    place = by.location_id or location_id or work.location_id
    offer = find_open(offers, place)
    if offer.accept_by is not None and offer.accept_by <= now:
        raise Refusal("offer_closed", state=OfferState.EXPIRED.value, by="its deadline")
    step = rules.go(work, Event.ACCEPT)
    moves = []
    if place != work.location_id:
        moves.append(Relocation(work=work, choices=[at(work, way_of(offer), offer.id)]))
    moved = relocate(tx, moves, now)
    if len(moved.works) < len(moves):
        raise Refusal("stock_gone")
    work = moved.works.get(work.id, work)
    claimed = replace(offer, state=OfferState.CLAIMED, closed_at=now, closed_by=by.name)
    store.save_closed(tx, [claimed])
    jobs.withdraw(tx, refuse_key(work.id, place))  # Who refused a moment ago takes it after all.
    lost = closing.withdraw(tx, by.name, [o for o in offers if o.id != offer.id], TAKEN, now)
    step_on(tx, [step], now)
    fact = events.told(events.ACCEPTED, work, [step], **told_to(lost))
    journal.record(tx, [fact, *moved.facts], by=by.name, at=now)
    return replace(work, state=step.after, changed_at=now, offers=(claimed, *lost))
