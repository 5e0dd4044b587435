"""Carriers' terms take effect, and what stood before can be brought back.

A publication writes what the carrier's service, its lanes and its volume caps are from now on, and
keeps what they were: to undo it is to publish that. Whatever was imported meanwhile is seen by the
digest of what stands, so that nobody publishes over what they have not looked at.
"""

from collections.abc import Sequence
from datetime import datetime

from ovunque.access.model import Actor
from ovunque.delivery import drafting, events, saving, store
from ovunque.delivery.drafting import Standing, digest_of, find_standing
from ovunque.delivery.model import LaneRequest, Publication, ServiceKey, Terms
from ovunque.delivery.store import drafting as terms_store
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.kernel.rows import ROWS_MAX
from ovunque.kernel.text import is_code
from ovunque.platform import journal
from ovunque.platform.database import Tx


def publish(
    tx: Tx,
    by: Actor,
    key: ServiceKey,
    now: datetime,
    new_id: NewId,
    *,
    seen: str | None = None,
    version: int | None = None,
) -> Publication:
    """The draft takes effect; `seen` names the terms that it was compared with before."""
    draft = terms_store.lock_draft(tx, key) if all(map(is_code, key)) else None
    if draft is None:
        raise Refusal("not_found", what=f"draft of {str(key)[:130]}")
    if version not in (None, draft.version):
        raise Refusal("version_conflict", expected=version, version=draft.version)
    done = _take_effect(tx, by, draft.terms, now, new_id, seen=seen)
    terms_store.remove_draft(tx, key)
    return done


def undo(
    tx: Tx, by: Actor, key: ServiceKey, now: datetime, new_id: NewId, *, seen: str | None = None
) -> Publication:
    """What stood before the last publication takes effect again."""
    history = list_publications(tx, key)
    return _take_effect(tx, by, history[0].before, now, new_id, seen=seen)


def list_publications(tx: Tx, key: ServiceKey) -> tuple[Publication, ...]:
    """What took effect, the newest first; refused where nothing ever did."""
    found = terms_store.list_publications(tx, key) if all(map(is_code, key)) else ()
    if not found:
        raise Refusal("not_found", what=f"publication of {str(key)[:130]}")
    return found


def _take_effect(
    tx: Tx, by: Actor, terms: Terms, now: datetime, new_id: NewId, *, seen: str | None
) -> Publication:
    key = terms.key
    store.lock_services(tx, [key])  # Before anything is read: two publications come in turn.
    standing = find_standing(tx)
    before = standing.terms.get(key)
    if seen is not None and seen != digest_of(before):
        raise Refusal("terms_changed", service=str(key))
    refuse_gaps(tx, terms, standing, now)
    saving.save_carrier_services(tx, by, [terms.service], now, new_id)
    _replace_lanes(tx, by, terms, now, new_id, before=before)
    terms_store.save_caps(tx, key, terms.caps)
    history = terms_store.list_publications(tx, key)
    done = Publication(
        number=history[0].number + 1 if history else 1,
        terms=terms,
        before=before or drafting.empty(terms),
        published_by=by.name,
        published_at=now,
    )
    terms_store.add_publication(tx, done)
    journal.record(tx, [events.published(done)], by=by.name, at=now)
    return done


def refuse_gaps(tx: Tx, terms: Terms, standing: Standing, now: datetime) -> None:
    gaps = [each for each in drafting.check(tx, terms, standing, now.date()) if each.stops]
    if gaps:
        errors = tuple(Fault("", each.code, each.sentence) for each in gaps)
        raise Refusal("terms_incomplete", errors=errors, gaps=len(gaps), first=gaps[0].sentence)


def _replace_lanes(
    tx: Tx, by: Actor, terms: Terms, now: datetime, new_id: NewId, *, before: Terms | None
) -> None:
    were = {each.key: each for each in before.lanes} if before else {}
    are = {each.key: each for each in terms.lanes}
    fresh = [each for key, each in are.items() if were.get(key) != each]
    for at in range(0, len(fresh), ROWS_MAX):
        rows: Sequence[LaneRequest] = fresh[at : at + ROWS_MAX]
        saving.save_lanes(tx, by, rows, now, new_id)
    gone = were.keys() - are.keys()
    if gone:
        terms_store.remove_lanes(tx, gone)
        fact = events.changed(events.LANE, sorted(map(str, gone)))
        journal.record(tx, [fact], by=by.name, at=now)
