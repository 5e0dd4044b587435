"""How the books of a source are read, and when it was heard last."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ovunque.access.model import Actor
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events, rules
from ovunque.stock.model.feeding import Source, SourceRequest
from ovunque.stock.store import describing as store

OURS = frozenset({"ovunque", "transfer", "unrecorded"})  # Sources of movements that we book.


@dataclass(frozen=True, slots=True, kw_only=True)
class Listened:
    """A source, and the numbers of its movements that have not come."""

    source: Source
    missing: tuple[tuple[int, int], ...] = ()


def describe_source(
    tx: Tx, by: Actor, request: SourceRequest, seen: int | None, now: datetime
) -> Source:
    """The source as it is to be read from now on; counts that stand are not read anew."""
    rules.check_source(request)
    store.add_source(tx, request.code)
    found = store.lock_source(tx, request.code)
    if seen is not None and seen != found.version:
        raise Refusal("version_conflict", expected=seen, version=found.version)
    if rules.is_described(found, request):
        return found
    store.save_source(tx, request, found.version + 1)
    described = store.lock_source(tx, request.code)
    journal.record(tx, [events.source_described(described)], by=by.name, at=now)
    return described


def listen(tx: Tx, code: str, sent_at: datetime | None, now: datetime) -> Source:
    """The source that speaks; whoever was never described is read by the defaults."""
    if code in OURS:
        raise Refusal("invalid", detail=f"{code} is the name of books of ours.")
    source = store.find_source(tx, code)
    if source is None:
        store.add_source(tx, code)
        source = store.find_source(tx, code)
        assert source is not None
    store.save_heard(tx, code, now)
    if sent_at is not None:
        ahead_ms = (sent_at - now) // timedelta(milliseconds=1)
        measured = rules.measured(source.clock_measured_ms, ahead_ms)
        if measured != source.clock_measured_ms:
            store.save_measured(tx, code, measured)
    return source


def read_as(tx: Tx, code: str) -> Source:
    """How a source is read; whoever was never described, by the defaults."""
    return store.find_source(tx, code) or Source(code=code)


def hear(tx: Tx, code: str, now: datetime, counted_as_of: datetime) -> None:
    store.save_heard(tx, code, now, counted_as_of)


def find_source(tx: Tx, code: str) -> Listened:
    found = store.find_source(tx, code)
    if found is None:
        raise Refusal("not_found", what=f"source {code[:64]}")
    return Listened(source=found, missing=store.list_gaps(tx, [code]).get(code, ()))


def list_sources(tx: Tx, after: str, limit: int) -> tuple[Listened, ...]:
    """All that has ever told us of stock, in the order of codes."""
    found = store.list_sources(tx, after, limit)
    missing = store.list_gaps(tx, [each.code for each in found])
    return tuple(Listened(source=each, missing=missing.get(each.code, ())) for each in found)


def list_silent(tx: Tx) -> tuple[Listened, ...]:
    """The sources that are asked for a full count: movements of theirs have not come."""
    return tuple(
        Listened(source=source, missing=gaps) for source, gaps in store.list_sources_with_gaps(tx)
    )
