"""The restore drill: the disk is gone, the backups are not."""

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic

import psycopg

from bench.faults.house import HOUSE, furnish, judge, keeping_house
from bench.faults.scenes import RECOVERY_SECONDS_MAX, SHOPPERS, Played, Tell
from bench.faults.shoppers import Shop, shopping
from bench.points import MeasuringError
from ovunque.platform.backing_up.restoring import RestoreRequest, restore
from ovunque.platform.backing_up.shelf import Shelf
from ovunque.platform.backing_up.taking import Source, following, take_base
from ovunque.platform.clock import now
from ovunque.platform.embedded import Cluster, throwaway, wait_until
from ovunque.platform.settings import read_settings

MOTHERS = 200  # Orders that real shoppers place; the others are copies of them.
COPIES_AT_ONCE = 100
SHOPPING_SECONDS = 5.0

TABLES = """
select distinct table_name::text from information_schema.columns join information_schema.tables
       using (table_schema, table_name)
 where table_schema = 'public' and table_type = 'BASE TABLE' and column_name = 'order_id'
 order by 1
"""
COLUMNS = """
select column_name::text from information_schema.columns
 where table_schema = 'public' and table_name = %s and is_identity = 'NO'
   and column_name <> 'writer'
 order by ordinal_position
"""
# Each copy of an order has ids of its own, the same wherever they are named.
BORN = frozenset({"order_id", "line_id", "fulfillment_id", "reservation_id"})
BORN_BY_ID = frozenset({"customer_order", "order_line", "fulfillment", "reservation", "offer"})
# A fact names the order's work: its first, where it has several.
BODY = """
coalesce((select replace(it.body::text, work.id::text,
                         md5(work.id::text || turn)::uuid::text)::jsonb
            from fulfillment as work where work.order_id = it.order_id
           order by work.id limit 1), it.body)
"""
LEVELS = """
update stock_level as level
   set reserved = open.units, on_hand = on_hand + open.units - reserved,
       baseline = baseline + open.units - reserved
  from (select sku, location_id, sum(quantity)::int as units from reservation
         where state = 'allocated' group by sku, location_id) as open
 where (level.sku, level.location_id) = (open.sku, open.location_id)
"""


def multiply(url: str, count: int, tell: Tell) -> None:
    """Copies of the orders that are there, until there are about so many."""
    with psycopg.connect(url, autocommit=True) as owner:
        row = owner.execute("select count(*) from customer_order").fetchone()
        assert row is not None
        copies = max(0, count - row[0]) // row[0]
        # By the names of the mothers' rows: copies must not be copied again.
        owner.execute("create temp table mother as select id from customer_order")
        for start in range(1, copies + 1, COPIES_AT_ONCE):
            some = [*range(start, min(start + COPIES_AT_ONCE, copies + 1))]
            for table in ("customer_order", *tables(owner), "fulfillment_line"):
                copy(owner, table, some)
            tell(f"restore: {(some[-1] + 1) * row[0]} orders")
        owner.execute(LEVELS)
        owner.execute("vacuum analyze")


def tables(owner: psycopg.Connection) -> list[str]:
    return [row[0] for row in owner.execute(TABLES)]


def copy(owner: psycopg.Connection, table: str, turns: list[int]) -> None:
    columns = [row[0] for row in owner.execute(COLUMNS, [table])]
    values = ", ".join(value_of(table, column) for column in columns)
    of_mothers = {
        "customer_order": "it.id in (select id from mother)",
        "fulfillment_line": "it.fulfillment_id in (select fulfillment.id from fulfillment "
        "join mother on mother.id = fulfillment.order_id)",
    }.get(table, "it.order_id in (select id from mother)")
    owner.execute(
        f"insert into {table} ({', '.join(columns)}) select {values} "
        f"from {table} as it cross join unnest(%s::int[]) as turn where {of_mothers}".encode(),
        [turns],
    )


def value_of(table: str, column: str) -> str:
    if column in BORN or (column == "id" and table in BORN_BY_ID):
        return f"md5(it.{column}::text || turn)::uuid"
    if (table, column) == ("customer_order", "number"):
        return "it.number || '-' || turn"
    if (table, column) == ("customer_order", "external_id"):
        return "null"
    if (table, column) == ("journal", "body"):
        return BODY
    return f"it.{column}"


@contextmanager
def restored_into(cluster: Cluster) -> Iterator[Cluster]:
    """A second place beside the one that will be lost."""
    other = Cluster(cluster.folder.parent / "restored", cluster.programs)
    try:
        yield other
    finally:
        other.stop("immediate")


def drill(played: Played, orders: int, tell: Tell) -> None:
    """Lose the disk while people shop: they insist, until the restored house answers them."""
    shelf = Shelf(Path(mkdtemp(prefix="ovunque-shelf-")))
    try:
        with throwaway(read_settings().pg_bin, durable=True) as cluster:
            furnish(cluster)
            with restored_into(cluster) as other:
                Drill(cluster, other, shelf, played, tell).run(orders)
    finally:
        shutil.rmtree(shelf.root)


@dataclass(frozen=True, slots=True)
class Drill:
    cluster: Cluster
    other: Cluster
    shelf: Shelf
    played: Played
    tell: Tell

    @property
    def keys(self) -> Path:
        """Of personal data: no backup holds them, and whoever restores brings them along."""
        return self.cluster.folder.parent / "personal.keys"

    def run(self, orders: int) -> None:
        direct = self.cluster.url(HOUSE)
        source = Source(url=direct, programs=self.cluster.programs.path)
        with ExitStack() as stack:
            with keeping_house(direct, direct, 1, keys=self.keys) as house:
                shop = house.shop()
                with shopping(shop, SHOPPERS, 1):
                    wait_until(lambda: len(shop.accepted) >= MOTHERS, RECOVERY_SECONDS_MAX)
                house.worker.end()
                multiply(direct, orders, self.tell)
                note_others(direct, shop)
                with following(source, self.shelf):
                    began = monotonic()
                    take_base(source, self.shelf, now())
                    self.tell(f"restore: base taken in {monotonic() - began:.1f} s")
                    shop.ending.clear()
                    stack.enter_context(shopping(shop, SHOPPERS, 2))
                    stack.callback(shop.ending.set)  # Who insists would outwait a failed drill.
                    time.sleep(SHOPPING_SECONDS)
                    accident = monotonic()
                    self.cluster.stop("immediate")
                house.server.kill()
            shutil.rmtree(self.cluster.layout.data)
            self.tell(f"restore: the disk is gone, {len(shop.accepted)} orders were accepted")
            self.come_back(shop, accident)

    def come_back(self, shop: Shop, accident: float) -> None:
        """Restore, and open again at the same address."""
        before = max(at for at in shop.accepted_at if at < accident)
        restored = restore(self.other, RestoreRequest(shelf=self.shelf, dbname=HOUSE))
        replayed = monotonic() - accident
        url = self.other.url(HOUSE)
        with keeping_house(url, url, 1, port=shop.port, keys=self.keys):
            if not wait_until(lambda: shop.has_sold_since(accident), RECOVERY_SECONDS_MAX):
                raise MeasuringError("nobody can buy after the restore")
            seconds = shop.silence_since(accident)
            shop.ending.set()
            wait_until(lambda: shop.shoppers == 0, RECOVERY_SECONDS_MAX)
        self.played.verdict = verdict = judge(url, shop)
        self.played.times, self.played.recoveries = 1, [seconds]
        self.played.slowest, self.played.failed = shop.slowest, shop.attempts_failed
        self.played.notes.append(
            f"RPO {verdict.lost} accepted orders, the last was accepted {accident - before:.3f} s "
            f"before the accident; RTO {seconds:.1f} s until the next order, {replayed:.1f} s of "
            f"them until {restored.orders} orders were copied and replayed"
        )


def note_others(url: str, shop: Shop) -> None:
    """What is there and was told to no shopper."""
    with psycopg.connect(url, autocommit=True) as owner:
        row = owner.execute(
            "select (select count(*) from customer_order), (select sum(reserved) from stock_level)"
        ).fetchone()
    assert row is not None
    shop.others, shop.other_units = row[0] - len(shop.accepted), row[1] - shop.units
