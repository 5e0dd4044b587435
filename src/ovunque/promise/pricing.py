"""What customers pay: a whole table is drafted, checked for gaps, and published at once."""

from collections.abc import Sequence
from datetime import datetime

from ovunque.access.model import Actor
from ovunque.delivery.listing import list_zones
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.kernel.rows import Saved
from ovunque.network.listing import list_channels
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.promise import events
from ovunque.promise.model import PriceDraft, PriceGap, PricePublication, PriceRow
from ovunque.promise.rules import pricing as rules
from ovunque.promise.store import pricing as store

PAGE_MAX = 1_000


def find_published(tx: Tx) -> PricePublication:
    """The table that counts."""
    return store.find_published(tx)


def list_published(tx: Tx, before: int | None, limit: int) -> tuple[PricePublication, ...]:
    """All tables that ever counted, the newest first."""
    return store.list_published(tx, before, limit)


def find_draft(tx: Tx) -> PriceDraft:
    """The draft; where nobody has begun one, the table that counts, as version 0."""
    found = store.find_draft(tx)
    return found or PriceDraft(rows=store.find_published(tx).rows, version=0)


def list_gaps(tx: Tx, rows: Sequence[PriceRow]) -> tuple[PriceGap, ...]:
    """What a table would leave without a price."""
    return rules.gaps(rows, _channels(tx))


def save_draft(
    tx: Tx,
    by: Actor,
    rows: Sequence[PriceRow],
    now: datetime,
    *,
    expected_version: int | None = None,
) -> PriceDraft:
    """A whole table in place of the draft; it may have gaps, but no row that means nothing."""
    store.lock_prices(tx)
    before = find_draft(tx)
    if expected_version is not None and before.version != expected_version:
        raise Refusal("version_conflict", expected=expected_version, version=before.version)
    faults = tuple(rules.faults(rows, _channels(tx), _zones(tx)))
    if faults:
        raise Refusal("invalid", errors=faults, detail=faults[0].detail)
    fresh = PriceDraft(
        rows=tuple(sorted(rows, key=lambda row: row.key)),
        version=before.version + 1,
        changed_by=by.name,
        changed_at=now,
    )
    store.save_draft(tx, fresh)
    journal.record(tx, [events.prices_drafted(fresh)], by=by.name, at=now)
    return fresh


def save_rows(tx: Tx, by: Actor, rows: Sequence[PriceRow], now: datetime, _: NewId) -> Saved:
    """Rows of a file, into the draft: those for the same are replaced, the others stay."""
    store.lock_prices(tx)
    before = {row.key: row for row in find_draft(tx).rows}
    told = {row.key: row for row in rows}
    changed = {key for key, row in told.items() if key in before and before[key] != row}
    created = told.keys() - before.keys()
    if changed or created:
        save_draft(tx, by, tuple((before | told).values()), now)
    return Saved(
        created=len(created),
        changed=len(changed),
        unchanged=len(rows) - len(created) - len(changed),
    )


def discard_draft(tx: Tx, by: Actor, now: datetime) -> None:
    """As if nobody had begun one."""
    store.lock_prices(tx)
    if store.remove_draft(tx):
        journal.record(tx, [events.prices_discarded()], by=by.name, at=now)


def publish(tx: Tx, by: Actor, now: datetime, *, expected_version: int) -> PricePublication:
    """The draft counts from now on; refused as long as something has no price."""
    store.lock_prices(tx)
    draft = store.find_draft(tx)
    if draft is None:
        raise Refusal("not_found", what="draft of prices")
    if draft.version != expected_version:
        raise Refusal("version_conflict", expected=expected_version, version=draft.version)
    found = list_gaps(tx, draft.rows)
    if found:
        errors = tuple(
            Fault("/rows", "gap", f"{each.channel}: nothing says what {each.service} costs.")
            for each in found
        )
        raise Refusal("terms_incomplete", errors=errors, gaps=len(found), first=errors[0].detail)
    published = PricePublication(
        number=store.find_published(tx).number + 1,
        rows=draft.rows,
        published_by=by.name,
        published_at=now,
    )
    store.add_publication(tx, published)
    store.remove_draft(tx)
    journal.record(tx, [events.prices_published(published)], by=by.name, at=now)
    return published


def _channels(tx: Tx) -> frozenset[str]:
    return frozenset(each.code for each in list_channels(tx, "", PAGE_MAX))


def _zones(tx: Tx) -> frozenset[str]:
    return frozenset(each.code for each in list_zones(tx, "", PAGE_MAX))
