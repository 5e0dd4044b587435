"""Where the deliveries of an order go after an edit, and whether they can still go there."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias
from uuid import UUID

from ovunque.customers.model import Contact, ContactRequest
from ovunque.customers.rules import check_contact
from ovunque.kernel.freezing import frozen
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Fault
from ovunque.orders.model import Delivery, Order
from ovunque.orders.model.editing import (
    AddressChange,
    GoingBack,
    RecipientChange,
    ServiceChange,
    Target,
)
from ovunque.orders.rules import editing as rules
from ovunque.orders.writing import fields_of
from ovunque.sourcing.snapshot import Snapshot

TOO_LATE = "too_late"

WayChange: TypeAlias = AddressChange | RecipientChange | ServiceChange | GoingBack


@frozen
class Known:
    """What an edit is read by; `to_pay`: deliveries for which money is agreed at a till."""

    contacts: Mapping[UUID, Contact]
    to_pay: frozenset[int]
    snapshot: Snapshot
    new_id: NewId


@frozen
class Way:
    """How a delivery goes, and which of the changes says so first."""

    delivery: Delivery
    contact: ContactRequest | None
    change: int


class Directions:
    """Reads what the changes of an edit say about deliveries, one after the other."""

    def __init__(self, order: Order, known: Known) -> None:
        self.order, self.known = order, known
        self.faults: list[Fault] = []
        self.ways: dict[int, Way] = {}

    def read(self, nth: int, change: WayChange) -> None:
        at = delivery_of(change)
        if at >= len(self.order.deliveries):
            detail = "There is no such delivery."
            self.faults.append(Fault(f"/changes/{nth}/delivery", "unknown_reference", detail))
            return
        before = self.ways.get(at) or self._now(at, nth)
        match change:
            case AddressChange():
                found = self._addressed(nth, change, before)
            case RecipientChange():
                found = self._received(nth, change, before)
            case ServiceChange():
                found = self._served(nth, change, before)
            case GoingBack():
                found = self._way(change.before, nth)
        if found is not None:
            self.ways[at] = found

    def targets(self) -> dict[int, Target]:
        """The deliveries that go otherwise; what stands in their way is among the faults then."""
        found: dict[int, Target] = {}
        for at, way in self.ways.items():
            before = self._now(at, way.change)
            if way == before:
                continue
            is_moved = self._is_moved(before, way)
            faults = [*self._too_late(before, way, is_moved=is_moved)]
            self.faults += faults
            if not faults:
                found[at] = self._target(before, way, is_moved=is_moved)
        return found

    def _now(self, at: int, nth: int) -> Way:
        return self._way(self.order.deliveries[at], nth)

    def _way(self, delivery: Delivery, nth: int) -> Way:
        known = self.known.contacts.get(delivery.contact_id) if delivery.contact_id else None
        contact = ContactRequest(**fields_of(known)) if known else None
        return Way(delivery=delivery, contact=contact, change=nth)

    def _addressed(self, nth: int, change: AddressChange, before: Way) -> Way | None:
        if before.contact is None:
            detail = "This delivery is fetched: say by which service it goes to an address."
            self.faults.append(Fault(f"/changes/{nth}/delivery", "unexpected", detail))
            return None
        contact = replace(change.address, name=before.contact.name, phone=before.contact.phone)
        return self._checked(f"/changes/{nth}/address", replace(before, contact=contact))

    def _checked(self, at: str, way: Way) -> Way | None:
        """The way, unless something is wrong with its address, or with whom it is for."""
        faults = check_contact(way.contact) if way.contact else ()
        self.faults += [Fault(f"{at}{each.pointer}", each.code, each.detail) for each in faults]
        return None if faults else way

    def _received(self, nth: int, change: RecipientChange, before: Way) -> Way | None:
        if before.contact is None:
            detail = "This delivery is fetched: who may fetch it is agreed there."
            self.faults.append(Fault(f"/changes/{nth}/delivery", "unexpected", detail))
            return None
        contact = replace(before.contact, name=change.name, phone=change.phone)
        return self._checked(f"/changes/{nth}", replace(before, contact=contact))

    def _served(self, nth: int, change: ServiceChange, before: Way) -> Way | None:
        at = f"/changes/{nth}"
        if change.service.goes_to_an_address:
            if change.location is not None:
                detail = "Only what is fetched names a location."
                self.faults.append(Fault(f"{at}/location", "unexpected", detail))
                return None
            contact = change.address or before.contact
            if contact is None:
                detail = "Say where it goes."
                self.faults.append(Fault(f"{at}/address", "missing", detail))
                return None
            there = replace(before.delivery, service=change.service, location_id=None)
            return self._checked(f"{at}/address", replace(before, delivery=there, contact=contact))
        return self._fetched(at, change, before)

    def _fetched(self, at: str, change: ServiceChange, before: Way) -> Way | None:
        place = self.known.snapshot.network.by_code.get(change.location or "")
        if change.address is not None:
            detail = "What is fetched goes to no address."
            self.faults.append(Fault(f"{at}/address", "unexpected", detail))
            return None
        if place is None:
            code = "missing" if change.location is None else "unknown_reference"
            detail = "Say at which location it is fetched."
            self.faults.append(Fault(f"{at}/location", code, detail))
            return None
        there = replace(
            before.delivery, service=change.service, contact_id=None, location_id=place.id
        )
        return replace(before, delivery=there, contact=None)

    def _is_moved(self, before: Way, after: Way) -> bool:
        """Whether its work has to be planned anew: in its own zone every lane stays as it is."""
        same = (before.delivery.service, before.delivery.location_id) == (
            after.delivery.service,
            after.delivery.location_id,
        )
        return not same or self._zone(before.contact) != self._zone(after.contact)

    def _zone(self, contact: ContactRequest | None) -> UUID | None:
        if contact is None:
            return None
        return self.known.snapshot.delivery.zone_of(contact.country, contact.postal_code)

    def _too_late(self, before: Way, after: Way, *, is_moved: bool) -> Iterator[Fault]:
        at = before.delivery.nth
        pointer = f"/changes/{after.change}"
        works = rules.works_of(self.order, at)
        if any(rules.is_closed(work) for work in works):
            yield Fault(pointer, TOO_LATE, "Some of this delivery is packed already, or has left.")
        elif is_moved and any(rules.is_begun(work) for work in works):
            detail = "Somebody works on it already: take the work away first, or leave it as it is."
            yield Fault(pointer, TOO_LATE, detail)
        if before.delivery.location_id != after.delivery.location_id:
            if any(each.delivery == at for each in self.order.questions):
                detail = "The customer is asked about this delivery: answer that first."
                yield Fault(pointer, "unanswered", detail)
            if at in self.known.to_pay:
                detail = "Money is to be paid at the till for this delivery: agree on that anew."
                yield Fault(pointer, "to_be_paid", detail)

    def _target(self, before: Way, after: Way, *, is_moved: bool) -> Target:
        contact = None
        delivery = after.delivery
        is_known = delivery.contact_id not in (None, before.delivery.contact_id)
        if after.contact is not None and after.contact != before.contact and not is_known:
            contact = Contact(id=self.known.new_id(), **fields_of(after.contact))
            delivery = replace(delivery, contact_id=contact.id)
        return Target(delivery=delivery, contact=contact, change=after.change, is_moved=is_moved)


def delivery_of(change: WayChange) -> int:
    return change.before.nth if isinstance(change, GoingBack) else change.delivery
