"""A real PostgreSQL for every test that touches data: one cluster for each test process."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from ovunque.app import spare_the_collector
from ovunque.kernel.ids import NewId
from ovunque.platform.clock import new_id_source
from ovunque.platform.database import Database, DatabaseSizes
from ovunque.platform.embedded import Cluster, throwaway
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings

TEMPLATE = "template_ovunque"
SEEDS = 20  # Storms of one run of all tests; `make soak` runs as many as it is told.
PAIRS = 8  # Of crashes, the second while the first is made good.
_names = (f"test_{nth}" for nth in count())

settings.register_profile("untimed", deadline=None)  # A busy machine is no fault of the code.
settings.load_profile("untimed")


# One house for all tests of a process: its key is in nobody's home, and found by its children.
KEYS = Path(tempfile.mkdtemp(prefix="ovunque-keys-"))
os.environ["OVUNQUE_PERSONAL_KEYS"] = str(KEYS / "personal.keys")


def pytest_unconfigure() -> None:
    """Nothing of it is left behind, neither by a run nor by one of its processes."""
    shutil.rmtree(KEYS, ignore_errors=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, help="run this storm only, and look after every step")
    parser.addoption("--seeds", type=int, default=SEEDS, help="run so many storms")
    parser.addoption("--pairs", type=int, default=PAIRS, help="make so many pairs of crashes")
    parser.addoption("--every-rush", action="store_true", help="by any number of processes")
    parser.addoption("--first-seed", type=int, default=0, help="the first of them")
    parser.addoption("--second-chances", type=int, default=0, help="for tests in a browser")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A test that needed a second chance is no secret: it is named, with what went wrong first."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.section(f"{report.nodeid} needed a second chance", yellow=True)
        terminalreporter.write_line(report.longreprtext)


def pytest_collection_finish() -> None:
    """What lives as long as the run is left out of every collection; it took a fifth of it."""
    spare_the_collector()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A throw-away cluster that holds a migrated template."""
    with throwaway(read_settings().pg_bin, in_memory=True) as running:
        running.ensure_database(TEMPLATE)
        migrate(running.url(TEMPLATE))
        yield running


@pytest.fixture
def database_url(cluster: Cluster) -> Iterator[str]:
    """A fresh migrated database, gone after the test."""
    name = next(_names)
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as owner:
        owner.execute(f"create database {name} template {TEMPLATE} strategy wal_log")
        yield cluster.url(name)
        owner.execute(f"drop database {name} with (force)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The database as the application sees it: in a role that owns nothing."""
    with Database(database_url, DatabaseSizes(connections_max=12)) as opened:
        yield opened


@pytest.fixture(scope="session")
def new_id() -> NewId:
    return new_id_source()
