"""The customers room's SQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from ovunque.customers.model import Contact, Customer, CustomerRequest
from ovunque.platform.database import Later, Tx, document
from ovunque.platform.row_types import RowType
from ovunque.platform.vault import house_vault

CUSTOMER_KEYS = RowType("customer_key_row", "customer_id uuid, key text")
CUSTOMERS = RowType(
    "customer_row",
    "id uuid, name text, search text, external_id text?, email text?, phone text?, language text?",
)
CONTACTS = RowType(
    "contact_row",
    "id uuid, postal_code text, country text, sealed bytea, name text?, phone text?",
)
CONTACT: LiteralString = """
id, name, phone, postal_code, country, sealed, street, city, region, latitude_e6, longitude_e6
"""
CUSTOMER: LiteralString = """
select id, version, external_id, email, name, phone, language, created_at, erased_at
  from customer
"""


def _list(tx: Tx, statement: LiteralString, **values: Any) -> tuple[Customer, ...]:
    return tuple(tx.cursor(row_factory=class_row(Customer)).execute(statement, values).fetchall())


def list_keys(tx: Tx, keys: Collection[str]) -> dict[str, UUID]:
    """Whose each key is, of those that are somebody's."""
    return list_keys_later(tx, keys)()


def list_keys_later(tx: Tx, keys: Collection[str]) -> Later[dict[str, UUID]]:
    """The same, without waiting for it."""
    rows = tx.execute(
        """
        select key, customer_id
          from json_array_elements_text(%(keys)s) as asked (key) join customer_key using (key)
        """,
        {"keys": document(list(keys))},
    )
    return lambda: dict(rows.fetchall())


def find_customer(tx: Tx, id_: UUID) -> Customer | None:
    return next(iter(_list(tx, CUSTOMER + " where id = %(id)s", id=id_)), None)


def list_names(tx: Tx, ids: Collection[UUID]) -> dict[UUID, str]:
    rows = tx.execute(
        "select id, name from customer where id = any(%(ids)s::uuid[])", {"ids": list(ids)}
    )
    return dict(rows.fetchall())


def list_customers(tx: Tx, after: UUID, limit: int, q: str | None) -> tuple[Customer, ...]:
    """Profiles in the order of their creation; `q` comes folded as `search` is."""
    statement = (
        CUSTOMER
        + """
         where id > %(after)s and erased_at is null
           and (%(q)s::text is null or position(%(q)s in search) > 0)
         order by id
         limit %(limit)s
        """
    )
    return _list(tx, statement, after=after, limit=limit, q=q)


def lock_customers(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Customer]:
    """Profiles, locked in id order."""
    statement = CUSTOMER + " where id = any(%(ids)s::uuid[]) order by id for no key update"
    return {each.id: each for each in _list(tx, statement, ids=list(ids))}


def save_customers(
    tx: Tx,
    keys: Mapping[str, UUID],
    rows: Mapping[UUID, tuple[CustomerRequest, str]],
    now: datetime,
    *,
    otherwise: str | None = None,
) -> Later[bool]:
    """Create or replace profiles; false when some of their new keys are somebody else's by now.

    `otherwise` is the SQLSTATE of an error that says so instead, for whoever does not look. Keys
    are taken in their order, waiting for whoever takes one of them at the same moment: two batches
    never wait for each other in a ring. Each row brings its search text.
    """
    saved = tx.execute(
        """
        with taken as (
          insert into customer_key (key, customer_id)
          select key, customer_id
            from unnest(%(keys)s::customer_key_row[])
           order by key collate "C"
          on conflict do nothing
          returning key
        ), saved as (
          insert into customer (id, external_id, email, name, phone, language, search, created_at)
          select id, external_id, email, name, phone, language, search, %(now)s::timestamptz
            from unnest(%(rows)s::customer_row[]) order by id
          on conflict (id) do update
             set external_id = excluded.external_id, email = excluded.email, name = excluded.name,
                 phone = excluded.phone, language = excluded.language, search = excluded.search,
                 version = customer.version + 1
        )
        select count(*),
               insist(%(otherwise)s::text is null or count(*) = %(count)s,
                      'somebody made the same person known meanwhile', %(otherwise)s)
          from taken
        """,
        {
            "otherwise": otherwise,
            "count": len(keys),
            "keys": CUSTOMER_KEYS((id_, key) for key, id_ in keys.items()),
            "rows": CUSTOMERS(_customer_row(id_, *row) for id_, row in rows.items()),
            "now": now,
        },
    )
    return lambda: saved.fetchall()[0][0] == len(keys)


def _customer_row(id_: UUID, told: CustomerRequest, search: str) -> tuple[object, ...]:
    return id_, told.name, search, told.external_id, told.email, told.phone, told.language


def remove_customers(tx: Tx, ids: Collection[UUID], keys: Collection[str]) -> None:
    """Take back profiles that this transaction has just created, and the keys it got for them."""
    tx.execute(
        """
        with given_back as (
          delete from customer_key
           where key = any(%(keys)s::text[]) and customer_id = any(%(ids)s::uuid[])
        )
        delete from customer where id = any(%(ids)s::uuid[])
        """,
        {"keys": list(keys), "ids": list(ids)},
    )


def remove_keys(tx: Tx, keys: Mapping[str, UUID]) -> None:
    """What customers are no longer known by."""
    tx.execute(
        """
        delete from customer_key
         where key = any(%(keys)s::text[]) and customer_id = any(%(ids)s::uuid[])
        """,
        {"keys": list(keys), "ids": list(set(keys.values()))},
    )


def add_contacts(tx: Tx, contacts: Sequence[Contact]) -> None:
    tx.execute(
        """
        insert into contact (id, name, phone, postal_code, country, sealed)
        select id, name, phone, postal_code, country, sealed
          from unnest(%(rows)s::contact_row[])
        """,
        {"rows": CONTACTS(map(_contact_row, contacts))},
    )


def _contact_row(each: Contact) -> tuple[object, ...]:
    return each.id, each.postal_code, each.country, sealed_of(each), each.name, each.phone


def sealed_of(contact: Contact) -> bytes:
    """What only we can read of an address."""
    place = (
        contact.street,
        contact.city,
        contact.region,
        contact.latitude_e6,
        contact.longitude_e6,
    )
    return house_vault().seal(contact.id, msgspec.json.encode(place))


def list_contacts(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Contact]:
    return _contacts(
        tx,
        f"select {CONTACT} from contact where id = any(%(ids)s::uuid[])",
        ids=list(ids),
    )


def lock_contacts_sealed_before(tx: Tx, nth: int, limit: int) -> dict[UUID, Contact]:
    """Contacts in clear, or sealed by an older key than this, in the order of their ids."""
    return _contacts(
        tx,
        f"""
        select {CONTACT} from contact
         where sealed is null or (sealed <> '' and substring(sealed for 2) <> %(nth)s)
         order by id limit %(limit)s for no key update
        """,
        nth=nth.to_bytes(2),
        limit=limit,
    )


def save_contacts_sealed(tx: Tx, contacts: Sequence[Contact]) -> None:
    tx.execute(
        """
        update contact
           set sealed = told.sealed, street = null, city = null, region = null,
               latitude_e6 = null, longitude_e6 = null
          from unnest(%(ids)s::uuid[], %(sealed)s::bytea[]) as told (id, sealed)
         where contact.id = told.id
        """,
        {"ids": [each.id for each in contacts], "sealed": [sealed_of(each) for each in contacts]},
    )


def _contacts(tx: Tx, statement: LiteralString, **values: Any) -> dict[UUID, Contact]:
    rows = tx.execute(statement, values).fetchall()
    return {each.id: each for each in map(_contact, rows)}


def _contact(row: Sequence[Any]) -> Contact:
    id_, name, phone, postal_code, country, sealed, *place = row
    if sealed:
        place = msgspec.json.decode(house_vault().open(id_, sealed))
    street, city, region, latitude_e6, longitude_e6 = place
    return Contact(
        id=id_,
        name=name,
        phone=phone,
        street=street or "",
        postal_code=postal_code,
        city=city or "",
        region=region,
        country=country,
        latitude_e6=latitude_e6,
        longitude_e6=longitude_e6,
    )
