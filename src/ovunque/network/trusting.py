"""What was looked for at locations, and what proved missing: how sure their books are."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.network import events, store
from ovunque.platform import journal
from ovunque.platform.database import Tx

Evidence = Mapping[UUID, tuple[int, int]]  # By location: units asked for, those missing.


def trust(tx: Tx, by: Actor, evidence: Evidence, now: datetime) -> int:
    """Locations are as sure as this says from now on; returns how many are surer or less sure.

    Of one that is not named nothing is known: it is as sure as its kind.
    """
    before = store.list_evidence(tx)
    changed = sorted(
        location_id
        for location_id in before.keys() | evidence.keys()
        if before.get(location_id) != evidence.get(location_id)
    )
    if changed:
        store.save_evidence(tx, evidence)
        codes = sorted(store.list_codes(tx, changed).values())
        journal.record(tx, [events.trusted(codes)], by=by.name, at=now)
    return len(changed)
