"""A database for each run, made from a town that is built once; and the tables at the end."""

import re
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import psycopg
import pytest
from tests.storms import oracle
from tests.storms.kernel import START
from tests.storms.stage import TEMPLATE, fresh, remember
from tests.storms.town import found

from ovunque.app import spare_the_collector
from ovunque.kernel.ids import IdSource
from ovunque.platform.database import Database
from ovunque.platform.embedded import Cluster
from ovunque.platform.migrating import migrate

STORM = "storm"
NAMED = re.compile(r" ?\S*\d\S*")


@pytest.fixture(scope="session")
def town(cluster: Cluster) -> Cluster:
    """The cluster, with a town that every run starts from: the same ids in each process."""
    cluster.ensure_database(TEMPLATE)
    migrate(cluster.url(TEMPLATE))
    milliseconds = int(START.timestamp() * 1_000)
    new_id = IdSource(lambda: milliseconds, Random(0).getrandbits)
    with Database(cluster.url(TEMPLATE)) as database:
        found(database, new_id, START)
    with psycopg.connect(cluster.url(TEMPLATE)) as owner:
        owner.execute(oracle.ALL)
        remember(owner)
    spare_the_collector()
    return cluster


@pytest.fixture
def url(town: Cluster) -> Iterator[str]:
    with fresh(town) as url:
        yield url


@pytest.fixture
def own_url(town: Cluster) -> Iterator[str]:
    """For whoever changes what every run starts from."""
    with fresh(town, alone=True) as url:
        yield url


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        one = metafunc.config.getoption("--seed")
        first = metafunc.config.getoption("--first-seed")
        many = range(first, first + metafunc.config.getoption("--seeds"))
        metafunc.parametrize("seed", [one] if one is not None else many)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many faults of each kind struck, which rare ways were gone, where orders ended."""
    outcomes = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in getattr(report, "user_properties", ())
        if name == STORM
    ]
    if not outcomes:
        return
    write = terminalreporter.write_line
    sums = {
        part: sum(each[part] for each in outcomes) for part in ("events", "boundaries", "orders")
    }
    terminalreporter.section(f"{len(outcomes)} storms")
    write(", ".join(f"{total:,} {part}" for part, total in sums.items()))
    tables = (
        ("faults", "struck"),
        ("rare ways", "rares"),
        ("answers", "told"),
        ("orders", "rests"),
    )
    for title, part in tables:
        total: Counter[str] = Counter()
        for each in outcomes:
            for name, times in each[part].items():
                total[in_general(name)] += times
        write(f"{title}:")
        for name, times in sorted(total.items()):
            write(f"  {times:9,}  {name}")


def in_general(name: str) -> str:
    """What was asked and answered, whoever it was about."""
    asked, colon, answer = name.partition(": ")
    return NAMED.sub("", asked) + colon + answer
