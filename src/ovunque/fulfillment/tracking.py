"""What carriers tell of parcels: each word once, the newest counts, in whatever order they come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.handing_over import hand_over
from ovunque.fulfillment.holding import step_on
from ovunque.fulfillment.model import (
    Heard,
    Parcel,
    ParcelState,
    Step,
    Word,
)
from ovunque.fulfillment.store import packing as parcels_store
from ovunque.fulfillment.store import planning as planning_store
from ovunque.fulfillment.store import shipping as store
from ovunque.platform import journal
from ovunque.platform.database import Tx

WORDS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRequest:
    carrier: str
    service_ids: Sequence[UUID]  # Of that carrier.
    words: Sequence[Word]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What became of a word, and the parcel as it is now."""

    word: Word
    heard: Heard
    parcel: Parcel | None


def track(tx: Tx, by: Actor, request: TrackRequest, now: datetime) -> tuple[Hearing, ...]:
    """One hearing for each word, in order.

    A parcel that a carrier has seen has left us, whether or not its hand-over was scanned.
    """
    assert len(request.words) <= WORDS_MAX
    parcels = _hold(tx, request)
    told = [(word, parcels[word.tracking].id) for word in request.words if word.tracking in parcels]
    once = {word.id: (word, id_) for word, id_ in reversed(told)}
    new = set(store.add_words(tx, request.carrier, list(once.values()), now))
    _let_go(tx, by, [parcels[each.tracking] for each, _ in told if each.id in new], now)
    before = {p.id: p for p in parcels_store.list_parcels(tx, [p.id for p in parcels.values()])}
    now_at = dict(before)
    heard: dict[int, Heard] = {}
    order = sorted(enumerate(request.words), key=lambda each: (each[1].occurred_at, each[0]))
    for nth, word in order:
        if word.tracking not in parcels:
            heard[nth] = Heard.UNKNOWN
        elif word.id not in new:
            heard[nth] = Heard.KNOWN
        else:
            new.discard(word.id)  # Told twice in one message, it counts once.
            id_ = parcels[word.tracking].id
            heard[nth], now_at[id_] = _hear(now_at[id_], word, now)
    _write(tx, by, before, now_at, now)
    return tuple(
        Hearing(
            word=word,
            heard=heard[nth],
            parcel=now_at[parcels[word.tracking].id] if word.tracking in parcels else None,
        )
        for nth, word in enumerate(request.words)
    )


def _hold(tx: Tx, request: TrackRequest) -> Mapping[str, Parcel]:
    """The parcels meant, by tracking number, with the timelines of their orders held."""
    trackings = sorted({word.tracking for word in request.words})
    found = parcels_store.list_by_tracking(tx, request.service_ids, trackings)
    journal.lock(tx, {parcel.order_id for parcel in found})
    again = parcels_store.list_parcels(tx, [parcel.id for parcel in found])
    return {parcel.tracking: parcel for parcel in again if parcel.tracking is not None}


def _let_go(tx: Tx, by: Actor, parcels: Sequence[Parcel], now: datetime) -> None:
    unscanned = {parcel.id: parcel for parcel in parcels if parcel.state == ParcelState.LABELED}
    hand_over(tx, by, list(unscanned.values()), None, now)


def _hear(parcel: Parcel, word: Word, now: datetime) -> tuple[Heard, Parcel]:
    if parcel.told_at is not None and word.occurred_at < parcel.told_at:
        return Heard.LATE, parcel
    if word.kind not in rules.PARCEL_TRANSITIONS[parcel.state]:
        return Heard.IGNORED, parcel
    changed = replace(parcel, state=word.kind, told_at=word.occurred_at, changed_at=now)
    return Heard.APPLIED, changed


def _write(
    tx: Tx, by: Actor, before: Mapping[UUID, Parcel], after: Mapping[UUID, Parcel], now: datetime
) -> None:
    changed = [id_ for id_, parcel in after.items() if parcel != before[id_]]
    if not changed:
        return
    parcels_store.save_parcels(tx, [before[id_] for id_ in changed], [after[i] for i in changed])
    works = planning_store.list_by_id(tx, sorted({after[id_].fulfillment_id for id_ in changed}))
    parcels = parcels_store.list_parcels_of(tx, [work.id for work in works])
    facts, steps = [], list[Step]()
    for work in works:
        mine = [parcel for parcel in parcels if parcel.fulfillment_id == work.id]
        ending = rules.arrival(work, mine)
        step = rules.go(work, *ending) if ending else None
        steps += [step] if step else []
        said = [
            {"parcel": parcel.id, "state": parcel.state} for parcel in mine if parcel.id in changed
        ]
        kind = events.KINDS_OF_ENDS[step.after] if step else events.PARCEL_TOLD
        facts.append(events.told(kind, work, [step] if step else [], parcels=said))
    step_on(tx, steps, now)
    journal.record(tx, facts, by=by.name, at=now)
