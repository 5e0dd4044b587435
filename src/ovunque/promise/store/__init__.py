"""The promise room's SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import dict_row

from ovunque.delivery.rules.instants import instant_of
from ovunque.platform.database import Tx, document
from ovunque.platform.drawers import Drawer
from ovunque.promise.model import KeptPromise, Milestones, Outcome, Standing, Tally
from ovunque.promise.rules.scoring import Due, Score
from ovunque.sourcing.model import Deviation

SECRETS = Drawer(table="promise_key", column="secret", keys=("nth",))


def add_key(tx: Tx, nth: int, secret: bytes, now: datetime) -> None:
    """A key under this number, unless there is one."""
    tx.execute(
        """
        insert into promise_key (nth, secret, created_at)
        values (%(nth)s, %(secret)s, %(now)s) on conflict do nothing
        """,
        {"nth": nth, "secret": SECRETS.seal(secret, nth), "now": now},
    )


def list_keys(tx: Tx) -> dict[int, bytes]:
    rows = tx.execute("select nth, secret from promise_key")
    return {nth: SECRETS.open(secret, nth) for nth, secret in rows}


def add_promises(tx: Tx, promises: Sequence[KeptPromise]) -> None:
    tx.execute(
        """
        insert into promise (order_id, delivery_nth, earliest, latest, customer_price,
                             emissions_g, deviation, service, confidence_ppm, destination,
                             basis, look_at)
        select order_id, delivery, earliest, latest, customer_price, emissions_g, deviation,
               service, confidence_ppm, destination, basis, 'epoch'
          from json_to_recordset(%(rows)s)
            as told (order_id uuid, delivery int, earliest timestamptz, latest timestamptz,
                     customer_price bigint, emissions_g int, deviation text, service text,
                     confidence_ppm int, destination text, basis jsonb)
        """,
        {"rows": document(promises)},
    )


def save_anew(tx: Tx, promises: Sequence[KeptPromise]) -> None:
    """Promises as they are from now on; what became of one is not changed any more."""
    tx.execute(
        """
        update promise
           set earliest = told.earliest, latest = told.latest, service = told.service,
               destination = told.destination, basis = told.basis, standing = told.standing,
               revised = told.revised, revised_at = told.revised_at,
               at_risk_at = told.at_risk_at, late_at = told.late_at, look_at = 'epoch'
          from json_to_recordset(%(rows)s)
            as told (order_id uuid, delivery int, earliest timestamptz, latest timestamptz,
                     service text, destination text, basis jsonb, standing text,
                     revised timestamptz, revised_at timestamptz, at_risk_at timestamptz,
                     late_at timestamptz)
         where promise.order_id = told.order_id and promise.delivery_nth = told.delivery
           and promise.scored_at is null
        """,
        {"rows": document(promises)},
    )


def save_destinations_coarse(tx: Tx, order_ids: Sequence[UUID]) -> None:
    """What is left of where these orders went is a country, or a place of ours."""
    tx.execute(
        """
        update promise set destination = split_part(destination, ' ', 1)
         where order_id = any(%(ids)s::uuid[])
        """,
        {"ids": list(order_ids)},
    )


def list_promises(tx: Tx, order_ids: Sequence[UUID]) -> tuple[KeptPromise, ...]:
    """What the deliveries of some orders were promised."""
    with tx.cursor(row_factory=dict_row) as rows:
        rows.execute(
            """
            select order_id, delivery_nth as delivery, earliest, latest, customer_price,
                   emissions_g, deviation, service, confidence_ppm, destination, basis, standing,
                   revised, revised_at, outcome, arrived_at, blame, at_risk_at, late_at
              from promise where order_id = any(%(ids)s::uuid[]) order by order_id, delivery_nth
            """,
            {"ids": list(order_ids)},
        )
        return tuple(_promise_of(row) for row in rows)


def _promise_of(row: dict[str, Any]) -> KeptPromise:
    return KeptPromise(
        **row
        | {
            "deviation": Deviation(row["deviation"]) if row["deviation"] else None,
            "basis": tuple(row["basis"]),
            "standing": Standing(row["standing"]),
            "outcome": Outcome(row["outcome"]) if row["outcome"] else None,
        }
    )


def list_due_orders(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with a promise that is due and not scored, the longest due first."""
    rows = tx.execute(
        """
        select order_id from promise
         where scored_at is null and latest < %(now)s
         order by latest, order_id limit %(limit)s
        """,
        {"now": now, "limit": limit},
    )
    return tuple(dict.fromkeys(row[0] for row in rows))


def list_due(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> tuple[Due, ...]:
    """The promises of some orders that are due and not scored."""
    rows = tx.execute(
        """
        select order_id, delivery_nth, earliest, latest, deviation,
               (select max((parcel ->> 'leaves')::bigint)
                  from jsonb_array_elements(basis) as parcel) as leaves
          from promise
         where order_id = any(%(ids)s::uuid[]) and scored_at is null and latest < %(now)s
         order by order_id, delivery_nth
        """,
        {"ids": list(order_ids), "now": now},
    )
    return tuple(
        Due(
            order_id=order_id,
            delivery=delivery,
            earliest=earliest,
            latest=latest,
            deviation=Deviation(deviation) if deviation else None,
            hand_over_by=instant_of(leaves) if leaves else None,
        )
        for order_id, delivery, earliest, latest, deviation, leaves in rows
    )


def save_scores(tx: Tx, scored: Sequence[tuple[Due, Score]], now: datetime) -> None:
    """Each once: what was scored before stays as it was."""
    rows = [
        {
            "order_id": due.order_id,
            "nth": due.delivery,
            "outcome": score.outcome,
            "arrived_at": score.arrived_at,
            "blame": score.blame,
        }
        for due, score in scored
    ]
    done = tx.execute(
        """
        update promise
           set outcome = told.outcome, arrived_at = told.arrived_at, blame = told.blame,
               scored_at = %(now)s
          from json_to_recordset(%(rows)s)
            as told (order_id uuid, nth int, outcome text, arrived_at timestamptz, blame text)
         where promise.order_id = told.order_id and promise.delivery_nth = told.nth
           and promise.scored_at is null
        """,
        {"rows": document(rows), "now": now},
    )
    assert done.rowcount == len(rows), "a promise was scored twice"


# What promises are told apart by; of several parcels the first one counts.
KEYS: dict[str, LiteralString] = {
    "service": "service",
    "location": "coalesce(basis -> 0 ->> 'location', '')",
    "carrier": "coalesce(basis -> 0 ->> 'carrier_service', '')",
    "lane": "concat(basis -> 0 ->> 'location', ' ', basis -> 0 ->> 'carrier_service', ' ',"
    " left(destination, 5))",
    "blame": "coalesce(blame, '')",
}


def list_due_by_service(tx: Tx, since: datetime, until: datetime) -> tuple[Tally, ...]:
    """Promises that were given between two moments and have been due."""
    rows = tx.execute(
        """
        select promise.service, count(*), count(*) filter (where outcome = 'kept'),
               count(*) filter (where outcome = 'early'),
               count(*) filter (where outcome = 'late')
          from promise
         where scored_at is not null and outcome <> 'void'
           and earliest >= %(since)s and earliest < %(until)s
         group by 1 order by 1
        """,
        {"since": since, "until": until},
    )
    return tuple(
        Tally(key=key, due=due, kept=kept, early=early, late=late, confidence_ppm=0)
        for key, due, kept, early, late in rows
    )


def list_tallies(tx: Tx, by: str, since: datetime) -> tuple[Tally, ...]:
    """Promises that were due since then, by one of `KEYS`, the most frequent first."""
    rows = tx.execute(
        f"""
        select {KEYS[by]} as key, count(*), count(*) filter (where outcome = 'kept'),
               count(*) filter (where outcome = 'early'),
               count(*) filter (where outcome = 'late'),
               coalesce(avg(confidence_ppm), 0)::int
          from promise
         where scored_at is not null and outcome <> 'void' and latest >= %(since)s
         group by 1 order by 2 desc, 1 limit 1000
        """,
        {"since": since},
    )
    return tuple(
        Tally(key=key, due=due, kept=kept, early=early, late=late, confidence_ppm=confidence)
        for key, due, kept, early, late, confidence in rows
    )


def list_orders_to_look_at(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with a promise that wants to be looked at, the longest due first."""
    rows = tx.execute(
        """
        select order_id from promise where look_at <= %(now)s
         order by look_at, order_id limit %(limit)s
        """,
        {"now": now, "limit": limit},
    )
    return tuple(dict.fromkeys(row[0] for row in rows))


def list_watched(tx: Tx, order_ids: Sequence[UUID]) -> tuple[KeptPromise, ...]:
    """The promises of some orders that are not at their end."""
    rows = tx.execute(
        "select order_id, delivery_nth from promise"
        " where order_id = any(%(ids)s::uuid[]) and look_at is not null",
        {"ids": list(order_ids)},
    )
    watched = {(order_id, nth) for order_id, nth in rows}
    return tuple(
        each for each in list_promises(tx, order_ids) if (each.order_id, each.delivery) in watched
    )


def save_look_at(tx: Tx, order_ids: Sequence[UUID]) -> None:
    """Have the promises of some orders looked at as soon as possible."""
    tx.execute(
        "update promise set look_at = 'epoch'"
        " where order_id = any(%(ids)s::uuid[]) and look_at is not null",
        {"ids": list(order_ids)},
    )


def save_seen(tx: Tx, seen: Sequence[tuple[KeptPromise, datetime | None]]) -> None:
    """How promises stand, what was told of them, and when they are looked at again."""
    rows = [
        {
            "order_id": promise.order_id,
            "nth": promise.delivery,
            "standing": promise.standing,
            "look_at": look_at,
            "at_risk_at": promise.at_risk_at,
            "late_at": promise.late_at,
            "revised": promise.revised,
            "revised_at": promise.revised_at,
        }
        for promise, look_at in seen
    ]
    tx.execute(
        """
        update promise
           set standing = told.standing, look_at = told.look_at, at_risk_at = told.at_risk_at,
               late_at = told.late_at, revised = told.revised, revised_at = told.revised_at
          from json_to_recordset(%(rows)s)
            as told (order_id uuid, nth int, standing text, look_at timestamptz,
                     at_risk_at timestamptz, late_at timestamptz, revised timestamptz,
                     revised_at timestamptz)
         where promise.order_id = told.order_id and promise.delivery_nth = told.nth
        """,
        {"rows": document(rows)},
    )


def list_milestones(tx: Tx, fulfillment_ids: Sequence[UUID]) -> dict[UUID, Milestones]:
    rows = tx.execute(
        """
        select fulfillment_id, accept_by, pick_by, pack_by, hand_over_by, arrive_by, standing
          from milestone where fulfillment_id = any(%(ids)s::uuid[]) order by fulfillment_id
        """,
        {"ids": list(fulfillment_ids)},
    )
    return {
        id_: Milestones(
            accept_by=accept_by,
            pick_by=pick_by,
            pack_by=pack_by,
            hand_over_by=hand_over_by,
            arrive_by=arrive_by,
            standing=Standing(standing),
        )
        for id_, accept_by, pick_by, pack_by, hand_over_by, arrive_by, standing in rows
    }


def save_milestones(tx: Tx, found: Sequence[tuple[UUID, UUID, Milestones]]) -> None:
    """By order and fulfillment; once they are told they stay, and only how they stand changes."""
    rows = [
        {
            "fulfillment_id": fulfillment_id,
            "order_id": order_id,
            "accept_by": each.accept_by,
            "pick_by": each.pick_by,
            "pack_by": each.pack_by,
            "hand_over_by": each.hand_over_by,
            "arrive_by": each.arrive_by,
            "standing": each.standing,
        }
        for order_id, fulfillment_id, each in found
    ]
    tx.execute(
        """
        insert into milestone (fulfillment_id, order_id, accept_by, pick_by, pack_by, hand_over_by,
                               arrive_by, standing)
        select fulfillment_id, order_id, accept_by, pick_by, pack_by, hand_over_by, arrive_by,
               standing
          from json_to_recordset(%(rows)s)
            as told (fulfillment_id uuid, order_id uuid, accept_by timestamptz,
                     pick_by timestamptz, pack_by timestamptz, hand_over_by timestamptz,
                     arrive_by timestamptz, standing text)
            on conflict (fulfillment_id) do update set standing = excluded.standing
         where milestone.standing <> excluded.standing
        """,
        {"rows": document(rows)},
    )


def save_drifting(tx: Tx, services: Sequence[str], now: datetime) -> frozenset[str]:
    """These drift and no others; returns those that did not before."""
    tx.execute(
        "delete from promise_drift where service <> all(%(services)s::text[])",
        {"services": list(services)},
    )
    rows = tx.execute(
        """
        insert into promise_drift (service, drifted_at)
        select service, %(now)s from unnest(%(services)s::text[]) as service
            on conflict do nothing returning service
        """,
        {"services": list(services), "now": now},
    )
    return frozenset(row[0] for row in rows)
