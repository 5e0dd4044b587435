"""Whom we forget, and who looked at whom."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from ovunque.customers.model import Erasure, Opening
from ovunque.platform.database import Tx


def find_erasure(tx: Tx, customer_id: UUID) -> Erasure | None:
    return (
        tx.cursor(row_factory=class_row(Erasure))
        .execute(
            """
            select customer_id, asked_at, asked_by, erased_at
              from erasure where customer_id = %(id)s
            """,
            {"id": customer_id},
        )
        .fetchone()
    )


def add_erasure(tx: Tx, asked: Erasure) -> None:
    tx.execute(
        """
        insert into erasure (customer_id, asked_at, asked_by)
        values (%(id)s, %(at)s, %(by)s) on conflict do nothing
        """,
        {"id": asked.customer_id, "at": asked.asked_at, "by": asked.asked_by},
    )


def remove_keys_of(tx: Tx, customer_id: UUID) -> None:
    """Nobody is recognized as this person any more."""
    tx.execute("delete from customer_key where customer_id = %(id)s", {"id": customer_id})


def save_erased(tx: Tx, customer_id: UUID, now: datetime) -> None:
    tx.execute(
        """
        with done as (
          update erasure set erased_at = %(now)s where customer_id = %(id)s
        )
        update customer
           set external_id = null, email = null, name = '', phone = null, language = null,
               search = '', version = version + 1, erased_at = %(now)s
         where id = %(id)s
        """,
        {"id": customer_id, "now": now},
    )


def save_contacts_erased(tx: Tx, contact_ids: Collection[UUID]) -> None:
    """What is left of an address is its country: it says which tax was due."""
    tx.execute(
        """
        update contact
           set name = null, phone = null, sealed = '', street = null, postal_code = '', city = null,
               region = null, latitude_e6 = null, longitude_e6 = null
         where id = any(%(ids)s::uuid[])
        """,
        {"ids": list(contact_ids)},
    )


def add_opening(tx: Tx, opening: Opening) -> None:
    tx.execute(
        """
        insert into customer_opening (customer_id, order_id, actor, at)
        values (%(customer_id)s, %(order_id)s, %(actor)s, %(at)s)
        """,
        {
            "customer_id": opening.customer_id,
            "order_id": opening.order_id,
            "actor": opening.actor,
            "at": opening.at,
        },
    )


def count_openings(tx: Tx, actor: str, since: datetime) -> int:
    """How many people somebody has looked at since then."""
    row = tx.execute(
        """
        select count(distinct customer_id) from customer_opening
         where actor = %(actor)s and at > %(since)s
        """,
        {"actor": actor, "since": since},
    ).fetchone()
    assert row is not None
    return int(row[0])


def find_last_opening(tx: Tx, actor: str, customer_id: UUID) -> datetime | None:
    row = tx.execute(
        """
        select max(at) from customer_opening
         where actor = %(actor)s and customer_id = %(id)s
        """,
        {"actor": actor, "id": customer_id},
    ).fetchone()
    last: datetime | None = row[0] if row else None
    return last


def list_openings(tx: Tx, customer_id: UUID) -> Sequence[Opening]:
    return (
        tx.cursor(row_factory=class_row(Opening))
        .execute(
            """
            select customer_id, order_id, actor, at from customer_opening
             where customer_id = %(id)s order by at, actor
            """,
            {"id": customer_id},
        )
        .fetchall()
    )


def remove_openings(tx: Tx, customer_id: UUID) -> None:
    tx.execute("delete from customer_opening where customer_id = %(id)s", {"id": customer_id})


def remove_openings_before(tx: Tx, before: datetime) -> int:
    done = tx.execute("delete from customer_opening where at < %(before)s", {"before": before})
    return done.rowcount
