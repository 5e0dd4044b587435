"""The promise room's SQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ovunque.platform.database import Tx, document
from ovunque.promise.model import KeptPromise, Price
from ovunque.sourcing.model import Deviation


def add_key(tx: Tx, nth: int, secret: bytes, now: datetime) -> None:
    """A key under this number, unless there is one."""
    tx.execute(
        """
        insert into promise_key (nth, secret, created_at)
        values (%(nth)s, %(secret)s, %(now)s) on conflict do nothing
        """,
        {"nth": nth, "secret": secret, "now": now},
    )


def list_keys(tx: Tx) -> dict[int, bytes]:
    return {nth: bytes(secret) for nth, secret in tx.execute("select nth, secret from promise_key")}


def list_prices(tx: Tx) -> dict[tuple[str, str], Price]:
    """Prices by channel and service; no channel: every channel's."""
    rows = tx.execute("select channel, service, price_cents, free_from_cents from delivery_price")
    return {(channel, service): Price(cents, free) for channel, service, cents, free in rows}


def add_promises(tx: Tx, promises: Sequence[KeptPromise]) -> None:
    tx.execute(
        """
        insert into promise (order_id, delivery_nth, earliest, latest, customer_price,
                             emissions_g, deviation, service, confidence_ppm, basis)
        select order_id, delivery, earliest, latest, customer_price, emissions_g, deviation,
               service, confidence_ppm, basis
          from json_to_recordset(%(rows)s)
            as told (order_id uuid, delivery int, earliest timestamptz, latest timestamptz,
                     customer_price bigint, emissions_g int, deviation text, service text,
                     confidence_ppm int, basis jsonb)
        """,
        {"rows": document(promises)},
    )


def list_promises(tx: Tx, order_ids: Sequence[UUID]) -> tuple[KeptPromise, ...]:
    """What the deliveries of some orders were promised."""
    rows = tx.execute(
        """
        select order_id, delivery_nth, earliest, latest, customer_price, emissions_g, deviation
          from promise where order_id = any(%(ids)s::uuid[]) order by order_id, delivery_nth
        """,
        {"ids": list(order_ids)},
    )
    return tuple(
        KeptPromise(
            order_id=order_id,
            delivery=delivery,
            earliest=earliest,
            latest=latest,
            customer_price=customer_price,
            emissions_g=emissions_g,
            deviation=Deviation(deviation) if deviation else None,
        )
        for order_id, delivery, earliest, latest, customer_price, emissions_g, deviation in rows
    )
