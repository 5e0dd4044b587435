"""Who the people of an order batch are: one profile for each person, however many ask at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ovunque.customers import rules, store
from ovunque.customers.model import Contact, CustomerRequest, Recognition
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import ONLY_THE_MOMENT, Later, Tx

LOOKS_MAX = 5
RESEALED_AT_ONCE = 1_000


def know(
    tx: Tx, people: Sequence[CustomerRequest], now: datetime, new_id: NewId
) -> tuple[UUID, ...]:
    """The customer's id for each person, in order; who is unknown gets a profile.

    A profile that stands is not overwritten: an order tells of one delivery, not of a life. The
    caller names the customers in its own journal row, and calls this before it locks any stock.
    """
    named, wanted = _named(people)
    for _ in range(LOOKS_MAX):
        seen = rules.recognize(named, store.list_keys(tx, wanted), new_id)
        rows = _rows(seen)
        if not rows or store.save_customers(tx, seen.keys, rows, now)():
            return seen.ids
        # Somebody made the same person known meanwhile. The keys we took stay ours alone until
        # we commit, and a second look asks for no others: it does not wait for anybody.
        store.remove_customers(tx, rows, seen.keys)
    raise Refusal("busy")


def look_up(tx: Tx, people: Sequence[CustomerRequest]) -> Later[Mapping[str, UUID]]:
    """Who of some people is known, for `introduce`; nobody waits for it before it is needed."""
    _, wanted = _named(people)
    return store.list_keys_later(tx, wanted)


def introduce(
    tx: Tx,
    people: Sequence[CustomerRequest],
    known: Mapping[str, UUID],
    now: datetime,
    new_id: NewId,
) -> tuple[UUID, ...]:
    """The same as `know` by what was looked up before, without waiting for its write.

    The transaction starts again if somebody made the same person known meanwhile.
    """
    named, _ = _named(people)
    seen = rules.recognize(named, known, new_id)
    rows = _rows(seen)
    if rows:
        store.save_customers(tx, seen.keys, rows, now, otherwise=ONLY_THE_MOMENT)
    return seen.ids


def _named(
    people: Sequence[CustomerRequest],
) -> tuple[list[tuple[CustomerRequest, rules.Keys]], set[str]]:
    named = [(person, rules.keys_of(person)) for person in people]
    return named, {key for _, keys in named for key in keys}


def _rows(seen: Recognition) -> dict[UUID, tuple[CustomerRequest, str]]:
    return {each.id: (each.person, rules.search_text(each.person)) for each in seen.newcomers}


def reseal(tx: Tx, nth: int, limit: int = RESEALED_AT_ONCE) -> int:
    """Seal by the newest key what is in clear or sealed by another; how many addresses that were.

    Nothing of them changes, so that the journal has nothing to tell.
    """
    found = store.lock_contacts_sealed_before(tx, nth, limit)
    store.save_contacts_sealed(tx, list(found.values()))
    return len(found)


def add_contacts(tx: Tx, contacts: Sequence[Contact]) -> None:
    """Where deliveries go; the caller draws the ids and names them in its deliveries."""
    if contacts:
        store.add_contacts(tx, contacts)
