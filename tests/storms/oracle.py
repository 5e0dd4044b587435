"""What must be true after every step, and what must have come true at the end."""

import re
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from tests.storms.database import SimDatabase
from tests.storms.processes import Process
from tests.storms.town import SKUS, Town

from ovunque.orders.checking import INVARIANTS
from ovunque.platform.invariants import Invariant
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.snapshot import Snapshot


class Violated(AssertionError):  # noqa: N818 - a finding
    """Something that is always true is not."""


def in_one(invariants: Sequence[Invariant]) -> str:
    """All invariants as one function: a row for every lie, with its invariant.

    What has no bit in what is asked is passed over; the others are planned when first asked.
    """
    asked = "\n".join(
        f"if asked_for & {1 << nth} <> 0 then return query"
        f" select {nth}, lie from ({each.sql}) as lies (lie) limit 3; end if;"
        for nth, each in enumerate(invariants)
    ).replace("%%", "%")
    return (
        "create or replace function lies_among(asked_for bigint)"
        " returns table (nth_told int, lie_told text) language plpgsql stable as $invariants$"
        f" #variable_conflict use_column\nbegin\n{asked}\nend $invariants$"
    )


ALL = in_one(INVARIANTS)
EVERY = (1 << len(INVARIANTS)) - 1
ASK = "select * from lies_among(%(asked)s::bigint)"

# Where an order may rest: at its end, or where a person has to do something that is named here.
RESTS = """
select placed.id, case
         when bool_or(work.state in ('planned', 'offered', 'accepted', 'picking', 'picked',
                                     'packed', 'ready', 'shipped', 'awaiting_arrival')) then ''
         when bool_or(work.state in ('rejected', 'withdrawn')) then
           case when bool_and(work.resource_at > %s)
                       filter (where work.state in ('rejected', 'withdrawn'))
                then 'a part of a set waits for stock' else '' end
         when bool_or(work.state in ('failed', 'returning')) then 'goods come back'
         when (select bool_or(unplaced > 0) from order_line where order_id = placed.id)
           then 'unplaced: a person looks for goods'
         when (select bool_or(backordered > 0) from order_line where order_id = placed.id)
           then 'back-ordered: waits for goods'
         when bool_or(work.state = 'lost') then 'lost'
         when bool_or(work.state in ('delivered', 'collected', 'restocked')) then 'fulfilled'
         else 'canceled' end as rest
  from customer_order as placed
  left join fulfillment as work
    on work.order_id = placed.id and work.replaced_at is null and work.state <> 'canceled'
 group by placed.id
 order by placed.id
"""

# What has to come to its end besides.
ON_THE_WAY = """
select 'job ' || key as what from job where state = 'waiting'
union all select distinct 'hold ' || hold_id from reservation where state = 'held'
union all select 'transfer ' || id from transfer where state in ('planned', 'dispatched')
union all select 'feed ' || id from stock_feed where state in ('held', 'accepted')
 order by what
"""

ENDS = (
    "select * from customer_order order by id",
    "select * from order_line order by id",
    "select * from fulfillment order by id",
    "select * from fulfillment_line order by fulfillment_id, reservation_id",
    "select * from offer order by id",
    "select * from reservation order by id",
    "select * from parcel order by id",
    "select * from stock_level order by sku, location_id",
    "select * from stock_movement order by source, id",
    "select * from stock_unavailable order by sku, location_id, reason",
    "select * from job order by key",
    "select * from hold order by id",
    "select * from transfer order by id",
    "select * from transfer_line order by transfer_id, sku",
    "select * from stock_incoming order by reference, sku, location_id",
    "select * from stock_awaited order by line_id, sku",
    "select * from stock_feed order by id",
    "select * from protection order by code",
    """select at, kind, actor, order_id, order_seq, subject, body::text from journal
        order by writer, position""",
)


def check(database: SimDatabase, asked: int = EVERY) -> None:
    """All invariants, or those that are asked for, in one view of the data."""
    lies = database.look(ASK, asked=asked)
    if lies:
        raise Violated("\n".join(f"{INVARIANTS[nth].name}: {lie}" for nth, lie in lies))


def check_written(database: SimDatabase, tables: Collection[str]) -> None:
    """The invariants that speak of these tables: no other has become a lie."""
    check(database, sum(1 << nth for nth in range(len(INVARIANTS)) if words_of(nth) & {*tables}))


@cache
def words_of(nth: int) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", INVARIANTS[nth].sql))


# What may fail in a job or a batch: what the weather does to it.
WEATHER = ("AnswerLost", "the connection was lost", "told to start again")


def check_logs(logs: list[Any]) -> None:
    """Nothing may be logged as an error, or fail for another reason than the weather."""
    told, logs[:] = logs[:], []
    for each in told:
        because = str(each.get("error", ""))
        if not any(reason in because for reason in WEATHER):
            raise Violated(f"it was logged: {each}")


def rests(town: Town) -> dict[Any, str]:
    """Where every order has come to rest; nothing for one that is still on its way."""
    return dict(town.database.look(RESTS, town.sim.now))


def check_end(town: Town, processes: Sequence[Process]) -> None:
    """What must hold once everything has come to rest."""
    no_job_is_left(town)
    what_was_acknowledged_is_there(town)
    labels_are_paid_once(town)
    books_tell_the_truth(town)
    fresh = town.database.read(sourcing_snapshot.load)
    for each in processes:
        memory_equals_truth(each, fresh)


def no_job_is_left(town: Town) -> None:
    left = town.database.look("select key, state, reason, attempts from job order by key")
    if left:
        raise Violated(f"jobs are left: {left}")


def what_was_acknowledged_is_there(town: Town) -> None:
    """No accepted order is lost, no key has two answers, no order was placed twice."""
    many = {key: said for key, said in town.answers.items() if len(said) > 1}
    if many:
        raise Violated(f"keys with several answers: {many}")
    stored = town.database.look(
        "select key, body::jsonb->>'id' from idempotency "
        "where status = 201 and key ~ '^s[0-9]+$' order by key"
    )
    there = {key for key, _ in stored}
    if lost := sorted(town.orders.keys() - there):
        raise Violated(f"acknowledged and lost: {lost}")
    ((orders,),) = town.database.look("select count(*) from customer_order")
    if orders != len(stored):
        raise Violated(f"{orders} orders for {len(stored)} keys")


def labels_are_paid_once(town: Town) -> None:
    """One label for each parcel, and those that nobody uses are given back."""
    parcels = {
        f"label-{id_}": (state, tracking)
        for id_, state, tracking in town.database.look("select id, state, tracking from parcel")
    }
    carrier = town.carrier
    for key, label in carrier.sold.items():
        state, tracking = parcels[key]
        if state == "voided" and label.tracking not in carrier.voided:
            raise Violated(f"{label.tracking} was paid for and is not used")
        if state != "voided" and (tracking != label.tracking or tracking in carrier.voided):
            raise Violated(f"{key} is {state} with {tracking}, sold was {label.tracking}")


def books_tell_the_truth(town: Town) -> None:
    """After a last true count, every book shows what is in the house."""
    codes = {id_: code for code, id_ in town.ids.items()}
    books = {
        (codes[at], sku): on_hand
        for sku, at, on_hand in town.database.look(
            "select sku, location_id, on_hand from stock_level order by sku, location_id"
        )
    }
    truth = {(code, sku): town.building[code, sku] for code in town.ids for sku in SKUS}
    wrong = {at: (books.get(at, 0), n) for at, n in truth.items() if books.get(at, 0) != n}
    if wrong:
        raise Violated(f"in the books and in the house: {wrong}")


def memory_equals_truth(process: Process, fresh: Snapshot) -> None:
    """Read models equal the truth after the queue drains, and every fact was seen once."""
    process.follower.catch_up(process.database.connect())
    mine = process.snapshot
    for sku in SKUS:
        places = len(fresh.network.locations)
        if list(mine.stock.free_at(sku, places)) != list(fresh.stock.free_at(sku, places)):
            raise Violated(f"{process.name} knows another stock of {sku} than there is")
    rows = process.database.look(
        "select writer::text::bigint, position from journal "
        "where (writer, position) > (%s::text::xid8, %s) order by writer, position",
        str(process.seen[0].writer),
        process.seen[0].position,
    )
    seen = [(cursor.writer, cursor.position) for cursor in process.seen[1:]]
    if seen != rows:
        raise Violated(f"{process.name} has not seen every fact once")


def fingerprint(database: SimDatabase) -> list[str]:
    """The business rows at the end, without transaction ids.

    As the database writes them: a level that was never counted, or a line that waits and was
    never looked at, has a time before all times, and Python knows none.
    """
    return [repr(database.look(f"select told::text from ({sql}) as told")) for sql in ENDS]
