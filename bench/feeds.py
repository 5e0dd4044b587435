"""How fast stock is taken in: a first feed, and the same again an hour later with 1 % changed.

Ours is the import of a file, from its first byte to its last commit: parsed, checked, weighed,
compared, kept in the history, told in the journal. The floor copies the same rows and merges them
by one statement: no history, no journal, all locks at once.
"""

import csv
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
from tests.worlds import World, build, place_code

from bench.machine import facts_of
from bench.options import Options
from bench.report import Goal, Report, goal_of
from bench.stage import BUYERS
from ovunque.integrations.files.importing import import_file
from ovunque.integrations.files.kinds import KINDS
from ovunque.integrations.files.runs import ImportRequest, Tools
from ovunque.platform.clock import new_id_source, now
from ovunque.platform.database import Database, Tx
from ovunque.platform.embedded import Cluster, throwaway
from ovunque.platform.invariants import Violation, find_violations
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings
from ovunque.stock.checking import INVARIANTS

LOCATIONS = 20
ITEMS_K = (1, 10)  # Thousands; others by --clients: 250 of them are five million levels.
CHANGED_EVERY = 100
FIRST_MIN, AGAIN_MIN = 0.5, 3.0
HOUR = timedelta(hours=1)

Row = tuple[str, str, int]


def run(options: Options) -> Report:
    """Rows per second of both feeds, for some numbers of items in each location."""
    goals: list[Goal] = []
    figures: dict[str, float] = {}
    violations: list[str] = []
    with throwaway(read_settings().pg_bin, durable=True) as cluster:
        for items in (1_000 * each for each in options.clients or ITEMS_K):
            options.tell(f"feeds: {items * LOCATIONS:,} levels")
            found = measure(cluster, items, violations)
            size = f"{items * LOCATIONS:,} levels"
            figures |= {f"{name}, {size}": each for name, each in found.items()}
            goals += goals_of(found, items * LOCATIONS)
        facts = facts_of(cluster)
    return Report(
        benchmark="feeds", facts=facts, goals=goals, figures=figures, violations=violations
    )


def measure(cluster: Cluster, items: int, violations: list[str]) -> Mapping[str, float]:
    """Rows per second: ours and the floor's, the first feed and the next."""
    name = f"bench_feeds_{items}"
    cluster.ensure_database(name)
    migrate(cluster.url(name))
    skus = [f"S{nth:06}" for nth in range(items)]
    at = now() - HOUR
    found: dict[str, float] = {}
    with Database(cluster.url(name)) as database, tempfile.TemporaryDirectory() as folder:
        world = World(locations=LOCATIONS, skus=skus, stock={})
        build(database, world, BUYERS, new_id_source(), at)
        path = Path(folder) / "stock.csv"
        for feed, moment in (("first feed", at), ("next feed", at + HOUR)):
            write(path, rows_of(skus, feed), moment)
            found[feed] = items * LOCATIONS / seconds_of_import(database, path)
            found[f"{feed}, floor"] = (
                items * LOCATIONS / seconds_of_merge(cluster.url(name), skus, feed, moment)
            )
        violations += [str(each) for each in database.transact(check)]
    return found


def check(tx: Tx) -> tuple[Violation, ...]:
    tx.execute("set local statement_timeout = 0")
    return find_violations(tx, INVARIANTS)


def rows_of(skus: list[str], feed: str) -> Iterator[Row]:
    """Every item in every location; of the next feed one row in a hundred is another."""
    for nth, sku in enumerate(skus):
        for place in range(LOCATIONS):
            at = nth * LOCATIONS + place
            more = feed == "next feed" and at % CHANGED_EVERY == 0
            yield place_code(place), sku, 5 + at % 40 + more


def write(path: Path, rows: Iterator[Row], as_of: datetime) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("location", "sku", "on_hand", "as_of"))
        writer.writerows((*row, as_of.isoformat()) for row in rows)


def seconds_of_import(database: Database, path: Path) -> float:
    request = ImportRequest(kind=KINDS["stock"], path=path, source="wms")
    began = time.perf_counter()
    done = import_file(database, BUYERS, request, Tools(clock=now, new_id=new_id_source()))
    took = time.perf_counter() - began
    assert done.run.bad == 0
    return took


def fill_stage(owner: Tx, rows: Iterator[Row], as_of: datetime) -> None:
    with owner.cursor().copy("copy stage from stdin") as copy:
        for location, sku, on_hand in rows:
            copy.write_row((sku, location, on_hand, as_of))


def seconds_of_merge(url: str, skus: list[str], feed: str, as_of: datetime) -> float:
    """The same rows by COPY and one merge, on a table of the same shape."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(
            'create table if not exists bare (sku text collate "C", location text, on_hand int, '
            "as_of timestamptz, primary key (sku, location)) with (fillfactor = 50)"
        )
        began = time.perf_counter()
        with owner.transaction():
            owner.execute(
                "create temp table stage (sku text, location text, on_hand int, as_of timestamptz) "
                "on commit drop"
            )
            fill_stage(owner, rows_of(skus, feed), as_of)
            owner.execute(
                """
                insert into bare select * from stage order by sku collate "C", location
                on conflict (sku, location) do update
                   set on_hand = excluded.on_hand, as_of = excluded.as_of
                 where (bare.on_hand, bare.as_of) is distinct from (excluded.on_hand,
                                                                    excluded.as_of)
                """
            )
        return time.perf_counter() - began


def goals_of(found: Mapping[str, float], levels: int) -> Iterator[Goal]:
    for feed in ("first feed", "next feed"):
        figures = (found[feed], found[f"{feed}, floor"])
        minimum = FIRST_MIN if feed == "first feed" else None
        yield goal_of(f"{feed} / copy and merge, {levels:,} levels", 1, figures, minimum)
    again = (found["next feed"], found["first feed"])
    yield goal_of(f"next feed / first feed, {levels:,} levels", 1, again, AGAIN_MIN)
