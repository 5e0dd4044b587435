"""What a profile must be before it is stored, and by what a person is recognized."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.customers.model import (
    Collector,
    Contact,
    ContactRequest,
    Customer,
    CustomerRequest,
    Newcomer,
    Recognition,
)
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Fault
from ovunque.kernel.rows import Faults, country, language, shaped, text, within
from ovunque.kernel.text import search_key

Keys = tuple[str, ...]

# Whether a mail arrives is seen when one is sent; this finds what cannot be an address at all.
EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+")
NOT_DIGITS = re.compile(r"\D+")


def check_customer(request: CustomerRequest) -> Faults:
    return (
        *text("/external_id", request.external_id, 100),
        *email("/email", request.email),
        *text("/name", request.name),
        *text("/phone", request.phone, 40),
        *(language("/language", request.language) if request.language is not None else ()),
        *recognizable(request),
    )


def email(pointer: str, value: str | None) -> Faults:
    if value is None:
        return ()
    return text(pointer, value, 254) or shaped(pointer, value, EMAIL, "ada@example.org")


def recognizable(request: CustomerRequest) -> Faults:
    if request.external_id is not None or request.email is not None:
        return ()
    sentence = "A customer has an e-mail address or an external id, or nobody finds them again."
    return (Fault("/email", "missing", sentence),)


def check_contact(request: ContactRequest) -> Faults:
    return (
        *text("/name", request.name),
        *text("/phone", request.phone, 40),
        *text("/street", request.street),
        *text("/postal_code", request.postal_code, 20),
        *text("/city", request.city),
        *text("/region", request.region),
        *country("/country", request.country),
        *within("/latitude", request.latitude_e6, -90_000_000, 90_000_000),
        *within("/longitude", request.longitude_e6, -180_000_000, 180_000_000),
    )


def keys_of(person: CustomerRequest) -> Keys:
    """What a person is known by, the surest first."""
    return (*external_key(person), *email_key(person))


def external_key(person: CustomerRequest) -> Keys:
    return () if person.external_id is None else (f"external_id:{person.external_id}",)


def email_key(person: CustomerRequest) -> Keys:
    return () if person.email is None else (f"email:{search_key(person.email)}",)


def recognize(
    people: Sequence[tuple[CustomerRequest, Keys]], known: Mapping[str, UUID], new_id: NewId
) -> Recognition:
    """Who each person is: the one their external id names, else their e-mail, else a newcomer.

    All keys that the rows of a newcomer bring become theirs, so that a second look with more
    keys known asks for no key that the first did not.
    """
    taken: dict[str, UUID] = {}
    ids: list[UUID] = []
    newcomers: list[Newcomer] = []
    for person, keys in people:
        assert keys, "somebody without a key is refused at the edge"
        id_ = first_known(keys, known)
        if id_ is None:
            id_ = first_known(keys, taken)
            if id_ is None:
                id_ = new_id()
                newcomers.append(Newcomer(id=id_, person=person))
            for key in keys:
                taken.setdefault(key, id_)
        ids.append(id_)
    return Recognition(ids=tuple(ids), newcomers=tuple(newcomers), keys=taken)


def first_known(keys: Keys, owners: Mapping[str, UUID]) -> UUID | None:
    for key in keys:
        if key in owners:
            return owners[key]
    return None


def repeated(requests: Sequence[CustomerRequest], known: Mapping[str, UUID]) -> list[Faults]:
    """For each row the fault of naming somebody whom a row before it names."""
    seen: set[object] = set()
    found: list[Faults] = []
    for request in requests:
        own = {*keys_of(request), *(known[key] for key in keys_of(request) if key in known)}
        pointer = "/external_id" if seen.intersection(external_key(request)) else "/email"
        fault = Fault(pointer, "duplicate", "A row before this one names the same customer.")
        found.append((fault,) if seen & own else ())
        seen |= own
    return found


def check_owner(
    request: CustomerRequest, standing: Customer | None, known: Mapping[str, UUID]
) -> Faults:
    """An e-mail address is one person's, and a person keeps their external id."""
    if standing is None:
        return ()
    owners = {known[key] for key in email_key(request) if key in known}
    external_ids = {standing.external_id, request.external_id} - {None}
    if owners <= {standing.id} and len(external_ids) <= 1:
        return ()
    return (Fault("/email", "duplicate", "Another customer has this e-mail address."),)


def tidy(request: CustomerRequest, standing: Customer | None) -> CustomerRequest:
    """The row as it will stand: an external id that is known stays."""
    if standing is None or request.external_id is not None:
        return request
    return replace(request, external_id=standing.external_id)


def search_text(person: CustomerRequest) -> str:
    """Where a fragment is sought: all that names them, and the bare digits of their phone."""
    digits = NOT_DIGITS.sub("", person.phone or "")
    parts = (person.name, person.email, person.external_id, person.phone, digits)
    return search_key("\n".join(part for part in parts if part))


OPEN_FOR = timedelta(minutes=30)
OPENINGS_WINDOW = timedelta(hours=1)
OPENINGS_MAX = 60  # One a minute: who serves customers does not look at more of them.
HIDDEN = "…"


def masked(customer: Customer) -> Customer:
    """What suffices to recognize somebody who is on the phone, and not to write to them."""
    return replace(customer, email=masked_email(customer.email), phone=masked_phone(customer.phone))


def masked_email(email: str | None) -> str | None:
    if email is None:
        return None
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}{HIDDEN}@{domain}"


def masked_phone(phone: str | None) -> str | None:
    return None if phone is None else f"{HIDDEN}{NOT_DIGITS.sub('', phone)[-2:]}"


def masked_contact(contact: Contact) -> Contact:
    """The town is what an order page is about; the door is not."""
    return replace(
        contact,
        street=HIDDEN,
        postal_code=HIDDEN,
        phone=masked_phone(contact.phone),
        latitude_e6=None,
        longitude_e6=None,
    )


def masked_collector(collector: Collector) -> Collector:
    return Collector(name=initials(collector.name), phone=masked_phone(collector.phone))


def written(collector: Collector) -> str:
    """As it is kept: the name, and a phone number on a line of its own."""
    return "\n".join(filter(None, (collector.name, collector.phone)))


def parse_collector(text: str) -> Collector:
    name, _, phone = text.partition("\n")
    return Collector(name=name, phone=phone or None)


def initials(name: str) -> str:
    """A name for whoever need not know whose it is."""
    return " ".join(f"{part[0]}." for part in name.split())


def is_open(last: datetime | None, now: datetime) -> bool:
    """Whether somebody who opened it then may still see it."""
    return last is not None and now - last < OPEN_FOR
