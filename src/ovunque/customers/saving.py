"""Create or replace profiles by external id or e-mail, a batch at a time: all of it or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.customers import events, rules, store
from ovunque.customers.model import Customer, CustomerRequest
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.rows import (
    ROWS_MAX,
    Saved,
    differs,
    faults_of_one,
    refuse_conflict,
    refuse_faults,
    tally,
)
from ovunque.platform import journal
from ovunque.platform.database import Tx

LOOKS_MAX = 5


class Lost(Exception):  # noqa: N818 - not an error: look again
    """Somebody else made one of these people known meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of the people of a batch: whose each key is, and their profiles."""

    known: Mapping[str, UUID]
    profiles: Mapping[UUID, Customer]

    def profile_of(self, request: CustomerRequest) -> Customer | None:
        id_ = rules.first_known(rules.keys_of(request), self.known)
        return None if id_ is None else self.profiles[id_]


def save_customers(
    tx: Tx,
    by: Actor,
    requests: Sequence[CustomerRequest],
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> Saved:
    """A row that is as it stands writes nothing and tells no fact.

    A person without external id is known by e-mail, and given the external id that comes later.
    `expected_version` is what the caller has seen of every row: it is meant for batches of one.
    """
    assert len(requests) <= ROWS_MAX
    for _ in range(LOOKS_MAX):
        try:
            with tx.transaction():
                standing = lock(tx, requests)
                refuse_conflict(standing.profiles, expected_version)
                fresh = write(tx, requests, standing, now, new_id)
        except Lost:
            continue
        if fresh:
            journal.record(tx, [events.changed(list(fresh))], by=by.name, at=now)
        return tally(len(requests), fresh, standing.profiles)
    raise Refusal("busy")


def save_customer(
    tx: Tx,
    by: Actor,
    request: CustomerRequest,
    now: datetime,
    new_id: NewId,
    *,
    expected_version: int | None = None,
) -> Customer:
    with faults_of_one():
        save_customers(tx, by, [request], now, new_id, expected_version=expected_version)
    known = store.list_keys(tx, rules.keys_of(request))
    (id_,) = {known[key] for key in rules.keys_of(request)}
    customer = store.find_customer(tx, id_)
    assert customer is not None
    return customer


def lock(tx: Tx, requests: Sequence[CustomerRequest]) -> Standing:
    """The profiles that the rows replace, locked; refused with all faults of the batch."""
    own = [rules.check_customer(each) for each in requests]
    sound = [each for each, faults in zip(requests, own, strict=True) if not faults]
    keys = {key for each in sound for key in rules.keys_of(each)}
    known = store.list_keys(tx, keys)
    profiles = store.lock_customers(tx, set(known.values()))
    if store.list_keys(tx, keys) != known:
        raise Lost
    standing = Standing(known=known, profiles=profiles)
    refuse_faults(
        [
            (*faults, *rules.check_owner(each, standing.profile_of(each), known), *again)
            for each, faults, again in zip(
                requests, own, rules.repeated(requests, known), strict=True
            )
        ]
    )
    return standing


def write(
    tx: Tx,
    requests: Sequence[CustomerRequest],
    standing: Standing,
    now: datetime,
    new_id: NewId,
) -> tuple[UUID, ...]:
    """Write the rows that differ from what stands; returns whose they are."""
    rows: dict[UUID, tuple[CustomerRequest, str]] = {}
    gained: dict[str, UUID] = {}
    lost: dict[str, UUID] = {}
    for request in requests:
        profile = standing.profile_of(request)
        row = rules.tidy(request, profile)
        if not differs(profile, row):
            continue
        id_ = profile.id if profile else new_id()
        rows[id_] = row, rules.search_text(row)
        before, after = rules.keys_of(profile) if profile else (), rules.keys_of(row)
        had = {*before, *standing.known}
        gained |= {key: id_ for key in after if key not in had}
        lost |= {key: id_ for key in before if key not in after}
    if rows and not store.save_customers(tx, gained, rows, now)():
        raise Lost
    if lost:
        store.remove_keys(tx, lost)
    return tuple(rows)
