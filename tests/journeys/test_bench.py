"""The benchmarks run, count what they sold, and know a loss when they see one."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

import msgspec
import psycopg
import pytest
from bench import auditing, buyers, expiring, keepers, pgbench
from bench.buyers import Load
from bench.machine import facts_of
from bench.options import Options
from bench.orders import HOT, RANDOM, UNITS
from bench.pgbench import HOLD, SAME_ROWS, Floor
from bench.points import Point
from bench.report import Report, goal_of, lines_of
from bench.stage import Size, Stage, furnish_stage
from psycopg import sql

from ovunque.orders.checking import check_now
from ovunque.platform.database import Database
from ovunque.platform.embedded import Cluster


@pytest.fixture(scope="module")
def stage(cluster: Cluster) -> Stage:
    small = furnish_stage(cluster, Size(locations=3, items=20))
    pgbench.prepare(small)
    return small


@pytest.fixture(scope="module")
def points(stage: Stage) -> list[Point]:
    """A fraction of a second of everything that is measured in process."""
    carts = {RANDOM: buyers.random_carts(stage, seed=1), HOT: buyers.hot_carts()}
    return [
        buyers.measure(
            stage, Load(name=name, clients=4, seconds=0.3, warmup_seconds=0.1, carts=each)
        )
        for name, each in carts.items()
    ]


def test_a_measurement_says_how_many_how_fast_and_at_what_cost(points: list[Point]) -> None:
    for point in points:
        assert point.failed == 0
        assert 0 < point.orders <= point.accepted
        assert 0 < point.p50_ms <= point.p99_ms
        assert set(point.cpu_us) == {"client", "postgres", "loop", "writer", "follower"}
        assert point.batch_mean is not None
        assert point.batch_mean >= 1


def test_what_was_sold_is_what_is_reserved(stage: Stage, points: list[Point]) -> None:
    assert auditing.audit(stage, points, UNITS) == []


def test_a_lost_order_makes_the_run_worthless(stage: Stage, points: list[Point]) -> None:
    told = [replace(points[0], accepted=points[0].accepted + 1), *points[1:]]
    (orders, *units) = auditing.audit(stage, told, UNITS)
    assert "orders" in orders
    assert len(units) == 3


def test_the_floor_writes_the_rows_that_we_write(stage: Stage) -> None:
    before = rows_of(stage.url)
    load = Load(name=RANDOM, clients=1, seconds=0, warmup_seconds=0, carts=one_cart(stage))
    assert buyers.measure(stage, load).accepted == 1
    ours = grown(before, rows_of(stage.url))

    before = rows_of(stage.floors_url)
    floor = Floor(script=SAME_ROWS, clients=1, seconds=0, warmup_seconds=0)
    subprocess.run(
        pgbench.command_of(stage, floor, "--transactions=1"), check=True, capture_output=True
    )
    assert grown(before, rows_of(stage.floors_url)) == ours
    with Database(stage.floors_url) as database:
        assert check_now(database) == ()


def test_carts_are_kept_and_given_back_beside_a_floor(stage: Stage) -> None:
    carts = buyers.random_carts(stage, seed=3)
    load = Load(name="kept", clients=2, seconds=0.2, warmup_seconds=0.1, carts=carts)
    point = keepers.measure(stage, load)
    assert (point.failed, point.wrong) == (0, ())
    assert point.accepted > 0
    floor = Floor(script=HOLD, clients=1, seconds=0, warmup_seconds=0)
    done = subprocess.run(
        pgbench.command_of(stage, floor, "--transactions=3"), check=True, capture_output=True
    )
    assert b"3/3" in done.stdout


def test_holds_expire_while_orders_come(stage: Stage) -> None:
    found = expiring.measure(stage, Options(seconds=0.3, warmup_seconds=0.1), holds=150)
    assert found.violations == ()
    assert found.seconds > 0


def one_cart(stage: Stage) -> Iterator[buyers.Cart]:
    return islice(buyers.random_carts(stage, seed=2), 1)


def rows_of(url: str) -> dict[str, int]:
    with psycopg.connect(url) as owner:
        names = owner.execute("select tablename from pg_tables where schemaname = 'public'")
        return {
            name: owner.execute(
                sql.SQL("select count(*) from {}").format(sql.Identifier(name))
            ).fetchall()[0][0]
            for (name,) in names.fetchall()
        }


def grown(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What an order added; what is written once for a house stands beside all orders."""
    orders = after.keys() - {"candidate_list", "promise_key"}
    return {name: after[name] - before[name] for name in orders if after[name] != before[name]}


def test_a_report_is_read_by_people_and_programs(cluster: Cluster, points: list[Point]) -> None:
    goals = [
        goal_of("ours / floor", 32, (300.0, 100.0), 2.0),
        goal_of("ours / floor", 32, (210.0, 100.0), 2.0),
        goal_of("ours / floor", 32, (199.0, 100.0), 2.0),
    ]
    report = Report(
        benchmark="orders", facts=facts_of(cluster), points=points, goals=goals, violations=["one"]
    )
    text = "\n".join(lines_of(report))
    assert [line.split("  ")[-1] for line in text.splitlines() if "ours / floor" in line] == [
        "met, and the aim",
        "met",
        "NOT MET",
    ]
    assert "VIOLATION one" in text
    told = msgspec.json.decode(msgspec.json.encode(report))
    assert [point["name"] for point in told["points"]] == [RANDOM, HOT]
