"""A person's no takes effect a moment later, so that it can be undone.

What a refusal does can not be taken back: units move to another place, which is asked at once,
and stock is put out of sale. So it waits as a job, the offer stays open meanwhile, and to undo it
is to withdraw the job. Whoever else was asked may take the work in that moment: the race goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.model import SYSTEM, Actor
from ovunque.fulfillment import events
from ovunque.fulfillment.holding import hold_offered
from ovunque.fulfillment.model import Fulfillment, OfferState, Reason
from ovunque.fulfillment.rejecting import RejectRequest, reject
from ovunque.fulfillment.store import offering as store
from ovunque.kernel.refusal import Refusal
from ovunque.platform import jobs, journal
from ovunque.platform.database import Database, Tx
from ovunque.platform.jobs import Job

REFUSE = "refusal.apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseRequest:
    fulfillment_id: UUID
    location_id: UUID
    reason: Reason
    within: timedelta  # It may be undone; none: it takes effect at once.


def refuse(tx: Tx, by: Actor, request: RefuseRequest, now: datetime) -> None:
    """Turn an offer down a moment later; what is no open offer is rejected at once."""
    work = hold_offered(tx, by, request.fulfillment_id)
    offer = next(
        (
            each
            for each in store.list_offers(tx, [work.id])
            if each.location_id == request.location_id and each.state == OfferState.OPEN
        ),
        None,
    )
    ends = offer.accept_by if offer else None
    if ends is None or ends <= now or not request.within:
        asked = RejectRequest(
            fulfillment_id=work.id, reason=request.reason, location_id=request.location_id
        )
        reject(tx, by, asked, now)
        return
    jobs.enqueue(
        tx,
        key=refuse_key(work.id, request.location_id),
        kind=REFUSE,
        # A no before the deadline takes effect before it: its reason counts.
        due_at=min(now + request.within, max(now, ends - timedelta(seconds=1))),
        body={
            "fulfillment": str(work.id),
            "location": str(request.location_id),
            "reason": request.reason.value,
            "by": by.name,
        },
    )
    _tell(tx, by, events.REFUSING, replace(work, location_id=request.location_id), now)


def take_back(tx: Tx, by: Actor, request: tuple[UUID, UUID], now: datetime) -> Fulfillment:
    """The offer of a fulfillment to a location waits for an answer again; refused if too late."""
    work = hold_offered(tx, by, request[0])
    if not jobs.withdraw(tx, refuse_key(*request)):
        raise Refusal("undo_over")
    _tell(tx, by, events.RESTORED, replace(work, location_id=request[1]), now)
    return work


def _tell(tx: Tx, by: Actor, kind: str, work: Fulfillment, now: datetime) -> None:
    """For whoever looks at the same list there; the states of offers and work stay as they are."""
    journal.record(tx, [events.told(kind, work)], by=by.name, at=now)


def run_refusal(database: Database, job: Job, now: datetime) -> None:
    """The no takes effect, unless the offer was closed meanwhile, or taken after all."""
    by = replace(SYSTEM, name=job.body["by"], location_id=UUID(job.body["location"]))
    asked = RejectRequest(
        fulfillment_id=UUID(job.body["fulfillment"]), reason=Reason(job.body["reason"])
    )
    database.transact(lambda tx: _reject_open(tx, by, asked, now))


def _reject_open(tx: Tx, by: Actor, asked: RejectRequest, now: datetime) -> None:
    work = hold_offered(tx, by, asked.fulfillment_id)
    is_open = any(
        each.location_id == by.location_id and each.state == OfferState.OPEN
        for each in store.list_offers(tx, [work.id])
    )
    if is_open:
        reject(tx, by, asked, now)


def list_refused(
    tx: Tx, location_id: UUID, fulfillment_ids: Sequence[UUID]
) -> Mapping[UUID, datetime]:
    """Which of these a location has refused, and until when that can be undone."""
    keys = {refuse_key(each, location_id): each for each in fulfillment_ids}
    waiting = jobs.list_waiting(tx, list(keys)) if keys else {}
    return {keys[key]: due_at for key, due_at in waiting.items()}


def refuse_key(fulfillment_id: UUID, location_id: UUID) -> str:
    return f"refuse-{fulfillment_id}-{location_id}"
