"""Make, change and take away what protects units from channels, a batch of rules at a time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.catalog.listing import list_traits
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.rows import (
    ROWS_MAX,
    Saved,
    codes_of,
    differs,
    faults_of_one,
    refuse_conflict,
    refuse_faults,
    repeated,
    tally,
)
from ovunque.kernel.text import is_code
from ovunque.network.listing import codes_of as codes_by_id
from ovunque.network.listing import ids_of_channels, ids_of_locations, known_groups
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events
from ovunque.stock.model import Protection, ProtectionFilter, ProtectionRequest
from ovunque.stock.rules.protection import Rule
from ovunque.stock.rules.protection_checks import (
    Existing,
    check_protection,
    check_references,
    tidy,
)
from ovunque.stock.store import protecting as store

LIMIT_MAX = 1_000
ANY = ProtectionFilter()
NAMES = tuple(each.name for each in fields(ProtectionRequest))


def save_protections(
    tx: Tx,
    by: Actor,
    requests: Sequence[ProtectionRequest],
    now: datetime,
    *,
    expected_version: int | None = None,
) -> Saved:
    """A rule that is as it stands writes nothing and tells no fact.

    `expected_version` is what the caller has seen of every rule: it is meant for batches of one.
    """
    assert len(requests) <= ROWS_MAX
    ids = refuse_protections(tx, requests)
    asked = {each.code: tidy(each) for each in requests}
    before = by_code(tx, store.lock_protections(tx, asked))
    refuse_conflict(before, expected_version)
    fresh = {code: each for code, each in asked.items() if differs(before.get(code), each)}
    if fresh:
        store.save_protections(tx, [row_of(each, ids) for each in fresh.values()], now)
        journal.record(tx, [events.protection_changed(list(fresh))], by=by.name, at=now)
    return tally(len(requests), fresh, before)


def save_protection(
    tx: Tx,
    by: Actor,
    request: ProtectionRequest,
    now: datetime,
    *,
    expected_version: int | None = None,
) -> Protection:
    with faults_of_one():
        save_protections(tx, by, [request], now, expected_version=expected_version)
    return find_protection(tx, request.code)


def remove_protection(tx: Tx, by: Actor, code: str, now: datetime) -> None:
    """Take a rule away: its units are on sale again."""
    if not is_code(code) or not store.lock_protections(tx, [code]):
        raise Refusal("not_found", what=f"protection {code[:64]}")
    store.remove_protections(tx, [code])
    journal.record(tx, [events.protection_changed([code])], by=by.name, at=now)


def find_protection(tx: Tx, code: str) -> Protection:
    found = store.list_protections_of(tx, [code]) if is_code(code) else []
    if not found:
        raise Refusal("not_found", what=f"protection {code[:64]}")
    return by_code(tx, found)[code]


def list_protections(
    tx: Tx, after: str = "", limit: int = 100, asked: ProtectionFilter = ANY
) -> tuple[Protection, ...]:
    """The rules behind a code, the next page of them."""
    assert 0 < limit <= LIMIT_MAX
    found = store.list_protections(tx, after, limit, asked)
    return tuple(by_code(tx, found).values())


def rules_of(tx: Tx, requests: Sequence[ProtectionRequest]) -> list[Rule]:
    """The rules that requests would become; refused with all their faults."""
    ids = refuse_protections(tx, requests)
    return [
        Rule(
            code=each.code,
            kind=each.kind,
            units=each.units or 0,
            percent=each.percent or 0,
            sku=each.sku,
            product=each.product,
            category=each.category,
            location_id=ids[each.location] if each.location else None,
            group=each.group,
            channel_ids=frozenset(ids[channel] for channel in each.channels),
            starts_at=each.starts_at,
            ends_at=each.ends_at,
        )
        for each in requests
    ]


def refuse_protections(tx: Tx, requests: Sequence[ProtectionRequest]) -> Mapping[str, UUID]:
    """Refuse the batch with all its faults; the ids of the places and channels it names."""
    locations = ids_of_locations(tx, named(each.location for each in requests))
    channels = ids_of_channels(tx, codes_of(code for each in requests for code in each.channels))
    existing = Existing(
        skus=list_traits(tx, named(each.sku for each in requests)),
        locations=locations,
        groups=known_groups(tx, named(each.group for each in requests)),
        channels=channels,
    )
    twice = repeated("/code", [each.code for each in requests])
    refuse_faults(
        [
            (*check_protection(each), *check_references(each, existing), *again)
            for each, again in zip(requests, twice, strict=True)
        ]
    )
    return locations | channels


def named(codes: Iterable[str | None]) -> Collection[str]:
    return codes_of(code for code in codes if code is not None)


def row_of(request: ProtectionRequest, ids: Mapping[str, UUID]) -> dict[str, Any]:
    """A rule by our ids."""
    told = {name: getattr(request, name) for name in NAMES}
    location, channels = told.pop("location"), told.pop("channels")
    return {
        **told,
        "location_id": ids[location] if location else None,
        "channel_ids": [ids[code] for code in channels],
    }


def by_code(tx: Tx, rows: Sequence[dict[str, Any]]) -> dict[str, Protection]:
    """Rules as people name them."""
    ids = {id_ for row in rows for id_ in (*row["channel_ids"], row["location_id"]) if id_}
    codes = codes_by_id(tx, ids)
    found = {}
    for row in rows:
        told = dict(row)
        location_id, channel_ids = told.pop("location_id"), told.pop("channel_ids")
        found[row["code"]] = Protection(
            **told,
            location=codes[location_id] if location_id else None,
            channels=tuple(sorted(codes[each] for each in channel_ids)),
        )
    return found
