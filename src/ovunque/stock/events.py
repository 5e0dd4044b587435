"""What the stock room announces."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ovunque.kernel.ids import public_id
from ovunque.platform.journal import Fact, Told
from ovunque.stock.model import Key, StockLevel
from ovunque.stock.model.feeding import Feed, FeedState, Source, TaskReason, Transfer

CHANGED = "stock.changed"
PROTECTION = "protection.changed"
PROTECTION_TURNED = "protection.turned"
INCOMING = "incoming.changed"
WORTH = "worth.learned"
FEED_HELD = "feed.held"
FEED_DECIDED = {FeedState.ACCEPTED: "feed.accepted", FeedState.REJECTED: "feed.rejected"}
FEED_UNDONE = "feed.undone"
SOURCE_DESCRIBED = "source.described"
TRANSFER_PLANNED = "transfer.planned"
TRANSFER_DISPATCHED = "transfer.dispatched"
TRANSFER_RECEIVED = "transfer.received"
TRANSFER_CANCELED = "transfer.canceled"
HELD = "hold.placed"
EXTENDED = "hold.extended"
RELEASED = "hold.released"
CONVERTED = "hold.converted"
EXPIRED = "hold.expired"


def changed(levels: Collection[StockLevel]) -> Fact:
    """One fact for all levels of a transaction: values and version, the higher version wins."""
    first = next(iter(levels)).key.sku
    return Fact(
        kind=CHANGED,
        subject=first if len(levels) == 1 else f"{len(levels)} levels",
        body={
            "levels": [
                (
                    level.key.sku,
                    level.key.location_id,
                    level.on_hand,
                    level.unavailable,
                    level.reserved,
                    level.version,
                )
                for level in levels
            ]
        },
    )


def changed_many(count: int, first: str, levels: str, *, by: str, at: datetime) -> Told:
    """The same fact of levels that are in JSON already."""
    subject = first if count == 1 else f"{count} levels"
    return Told(at=at, actor=by, kind=CHANGED, subject=subject, body=f'{{"levels":{levels}}}')


def worth_learned(skus: Sequence[str]) -> Fact:
    """What units of these items are worth to their stores is known anew."""
    subject = skus[0] if len(skus) == 1 else f"{len(skus)} items"
    return Fact(kind=WORTH, subject=subject, body={"skus": list(skus)})


def protection_changed(codes: Sequence[str]) -> Fact:
    """Rules of protection were made, changed or taken away: readers look at the present state."""
    subject = codes[0] if len(codes) == 1 else f"{len(codes)} protections"
    return Fact(kind=PROTECTION, subject=subject, body={"codes": list(codes)})


def protection_turned(codes: Sequence[str]) -> Fact:
    """Rules of protection began or ended by themselves."""
    subject = codes[0] if len(codes) == 1 else f"{len(codes)} protections"
    return Fact(kind=PROTECTION_TURNED, subject=subject, body={"codes": list(codes)})


def incoming_changed(skus: Collection[str]) -> Fact:
    """What comes of some items, or who waits for it, is not what it was."""
    named = sorted(skus)
    subject = named[0] if len(named) == 1 else f"{len(named)} items"
    return Fact(kind=INCOMING, subject=subject, body={"skus": named})


def feed_held(feed: Feed) -> Fact:
    return Fact(
        kind=FEED_HELD,
        subject=public_id("fee", feed.id),
        body={"source": feed.source, "kind": feed.kind, "why": feed.why, "rows": feed.rows},
    )


def feed_decided(feed: Feed, state: FeedState) -> Fact:
    return Fact(
        kind=FEED_DECIDED[state], subject=public_id("fee", feed.id), body={"source": feed.source}
    )


def feed_undone(feed: Feed) -> Fact:
    return Fact(kind=FEED_UNDONE, subject=public_id("fee", feed.id), body={"source": feed.source})


def source_described(source: Source) -> Fact:
    return Fact(kind=SOURCE_DESCRIBED, subject=source.code, body={"version": source.version})


def counts_opened(keys: Collection[Key], reason: TaskReason) -> list[Fact]:
    """Somebody has to go and count: a person asked for it, or the stock came to it."""
    kind = "count.asked" if reason == TaskReason.ASKED else "count.opened"
    return _of_counts(kind, keys, {"reason": reason})


def counts_done(keys: Collection[Key]) -> list[Fact]:
    """Somebody has counted what was to be counted."""
    return _of_counts("count.done", keys, {})


def counts_withdrawn(keys: Collection[Key]) -> list[Fact]:
    """What asked for these counts was taken back."""
    return _of_counts("count.withdrawn", keys, {})


def counts_reopened(keys: Collection[Key]) -> list[Fact]:
    """What seemed to be counted was not."""
    return _of_counts("count.reopened", keys, {})


def _of_counts(kind: str, keys: Collection[Key], more: Mapping[str, str]) -> list[Fact]:
    if not keys:
        return []
    first = next(iter(keys)).sku
    subject = first if len(keys) == 1 else f"{len(keys)} levels"
    levels = [(key.sku, key.location_id) for key in keys]
    return [Fact(kind=kind, subject=subject, body={"levels": levels, **more})]


def count_dismissed(key: Key) -> Fact:
    return Fact(kind="count.dismissed", subject=key.sku, body={"location": key.location_id})


def count_assigned(key: Key, to: str | None) -> Fact:
    body = {"location": key.location_id, "to": to}
    return Fact(kind="count.assigned", subject=key.sku, body=body)


def transferred(kind: str, transfer: Transfer, units: Mapping[str, int] | None = None) -> Fact:
    missing = {line.sku: line.missing for line in transfer.lines if line.missing}
    return Fact(
        kind=kind,
        subject=public_id("trf", transfer.id),
        body={
            "state": transfer.state,
            "from": transfer.from_id,
            "to": transfer.to_id,
            "units": dict(units or {}),
            "missing": missing,
        },
    )


def claimed(levels: Collection[StockLevel], expired: Sequence[UUID] = ()) -> list[Fact]:
    """What a claim did to levels, and the reservations whose time it found to be over."""
    facts = [changed(levels)] if levels else []
    if expired:
        subject = f"{len(expired)} reservations"
        facts.append(Fact(kind=EXPIRED, subject=subject, body={"reservations": list(expired)}))
    return facts


def holds(kind: str, ids: Collection[UUID]) -> list[Fact]:
    """One fact for all holds of a transaction to which the same happened."""
    if not ids:
        return []
    subject = "1 hold" if len(ids) == 1 else f"{len(ids)} holds"
    return [Fact(kind=kind, subject=subject, body={"holds": list(ids)})]


def pieces_listed(skus: Sequence[str]) -> Fact:
    return _of_pieces("piece.listed", skus)


def pieces_withdrawn(skus: Sequence[str]) -> Fact:
    return _of_pieces("piece.withdrawn", skus)


def _of_pieces(kind: str, skus: Sequence[str]) -> Fact:
    subject = skus[0] if len(skus) == 1 else f"{len(skus)} pieces"
    return Fact(kind=kind, subject=subject, body={"skus": list(skus)})
