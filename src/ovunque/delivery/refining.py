"""Parts of carriers' terms that come for themselves: tariffs, days in transit, volume caps.

Each takes the place of what stood of it, and leaves the rest of the terms as it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

from ovunque.access.model import Actor
from ovunque.delivery import events, saving, store
from ovunque.delivery.drafting import asked
from ovunque.delivery.model import (
    CapRequest,
    LaneKey,
    LaneRequest,
    TariffRequest,
    TransitRequest,
    VolumeCap,
)
from ovunque.delivery.rules import refining as rules
from ovunque.delivery.store import drafting as terms_store
from ovunque.kernel.ids import NewId
from ovunque.kernel.rows import ROWS_MAX, Faults, Saved, refuse_faults, repeated
from ovunque.platform import journal
from ovunque.platform.database import Tx


class OfLane(Protocol):
    @property
    def key(self) -> LaneKey: ...


P = TypeVar("P", bound=OfLane)


def save_tariffs(
    tx: Tx, by: Actor, requests: Sequence[TariffRequest], now: datetime, new_id: NewId
) -> Saved:
    """Lanes cost this from now on; how long they take stays."""
    lanes = _changed(tx, requests, rules.check_tariff, rules.priced)
    refuse_faults([rules.overlap(lanes[each.key], each) for each in requests])
    saved = saving.save_lanes(tx, by, [*lanes.values()], now, new_id)
    return replace(saved, unchanged=len(requests) - saved.created - saved.changed)


def save_transit(
    tx: Tx, by: Actor, requests: Sequence[TransitRequest], now: datetime, new_id: NewId
) -> Saved:
    """Lanes take so long from now on, as far as nothing was learned of them; prices stay."""
    lanes = _changed(tx, requests, rules.check_transit, rules.timed)
    return saving.save_lanes(tx, by, [*lanes.values()], now, new_id)


def _changed(
    tx: Tx,
    requests: Sequence[P],
    check: Callable[[P], Faults],
    change: Callable[[LaneRequest, P], LaneRequest],
) -> dict[LaneKey, LaneRequest]:
    """The lanes with what is told of them; refused with all faults, unknown lanes among them."""
    assert len(requests) <= ROWS_MAX
    twice = repeated("/to_zone", [getattr(each, "dated_key", each.key) for each in requests])
    lanes = store.lock_lanes(tx, [each.key for each in requests if rules.is_key(each.key)])
    refuse_faults(
        [
            (*check(each), *rules.known_lane(each.key, lanes), *again)
            for each, again in zip(requests, twice, strict=True)
        ]
    )
    changed: dict[LaneKey, LaneRequest] = {}
    for each in requests:
        before = changed.get(each.key) or asked(LaneRequest, lanes[each.key])
        changed[each.key] = change(before, each)
    return changed


def save_caps(tx: Tx, by: Actor, requests: Sequence[CapRequest], now: datetime, _: NewId) -> Saved:
    """Services take so many parcels a day from now on."""
    assert len(requests) <= ROWS_MAX
    twice = repeated("/location", [each.key for each in requests])
    named = {each.service_key for each in requests if rules.is_key(each.service_key)}
    services = store.lock_services(tx, named)
    refuse_faults(
        [
            (*rules.check_cap(each), *rules.known_service(each.service_key, services), *again)
            for each, again in zip(requests, twice, strict=True)
        ]
    )
    standing = terms_store.list_caps(tx)
    before = {
        (key, cap.location): cap.parcels_per_day_max
        for key, caps in standing.items()
        for cap in caps
    }
    told = {(each.service_key, each.location or ""): each.parcels_per_day_max for each in requests}
    fresh = {key: most for key, most in told.items() if before.get(key) != most}
    for service in sorted({key for key, _ in fresh}):
        wanted = {at: most for (key, at), most in (before | fresh).items() if key == service}
        caps = [VolumeCap(location=at, parcels_per_day_max=wanted[at]) for at in sorted(wanted)]
        terms_store.save_caps(tx, service, caps)
    if fresh:
        names = sorted({str(key) for key, _ in fresh})
        journal.record(tx, [events.changed(events.CARRIER, names)], by=by.name, at=now)
    created = sum(key not in before for key in fresh)
    return Saved(
        created=created, changed=len(fresh) - created, unchanged=len(requests) - len(fresh)
    )
