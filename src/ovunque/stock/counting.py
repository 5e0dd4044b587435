"""A count is a fact about a past moment: it becomes the level's baseline unless a newer one is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ovunque.access.model import Actor
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events, rules, store
from ovunque.stock.model import Count

COUNTS_MAX = 1_000  # Levels of one transaction: whoever reads the journal waits for the longest.


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many levels took the count, and how many had a newer one or the same already."""

    changed: int
    unchanged: int


def count(tx: Tx, by: Actor, source: str, counts: Sequence[Count], now: datetime) -> Counted:
    """Book what a source counted; duplicates and any order of arrival give the same stock."""
    assert len(counts) <= COUNTS_MAX
    refuse_faults([rules.check_count(each, now) for each in counts])
    keys = {each.key for each in counts}
    store.add_missing_levels(tx, keys)
    was_short = store.lock_counted(tx, keys)
    levels = store.save_counts(tx, source, counts, now)
    if levels:
        if was_short or any(level.free < 0 for level in levels):
            store.save_shortages(tx, levels, now)
        journal.record(tx, [events.changed(levels)], by=by.name, at=now)
    return Counted(changed=len(levels), unchanged=len(keys) - len(levels))


def refuse_faults(faults: Sequence[tuple[Fault, ...]]) -> None:
    """Refuse the whole request if any row has a fault, each named by its row."""
    named = tuple(
        Fault(f"/{row}{fault.pointer}", fault.code, fault.detail)
        for row, found in enumerate(faults)
        for fault in found
    )
    if named:
        raise Refusal("invalid", errors=named, detail=named[0].detail)
