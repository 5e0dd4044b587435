"""People of several places: which they are, and in which one somebody works now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.access import events, store
from ovunque.access.model import SEVERAL_PLACES, Actor, Person
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacesRequest:
    person: Person
    location_ids: Collection[UUID]


def save_places(tx: Tx, by: Actor, request: PlacesRequest, now: datetime) -> None:
    """Where somebody may work, besides where they begin; only some roles have several."""
    person = request.person
    if person.role not in SEVERAL_PLACES or person.location_id is None:
        raise Refusal("invalid", detail="this role works at one place.")
    wanted = {*request.location_ids, person.location_id}
    store.save_places(tx, person.id, wanted)
    journal.record(tx, [events.places_given(person, wanted)], by=by.name, at=now)


def list_places(tx: Tx, person: Person) -> frozenset[UUID]:
    """Where somebody may work; for most people the one place that they have."""
    own = frozenset(() if person.location_id is None else (person.location_id,))
    return own | store.list_places(tx, person.id)


def move(tx: Tx, person: Person, location_id: UUID, now: datetime) -> None:
    """From now on they see this place's work, and no other's; a foreign place is not there."""
    if person.role not in SEVERAL_PLACES or location_id not in list_places(tx, person):
        raise Refusal("not_found", what="place of yours")
    store.save_place(tx, person.id, location_id)
    journal.record(tx, [events.moved(person, location_id)], by=person.login, at=now)
