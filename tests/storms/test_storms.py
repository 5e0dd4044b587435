"""Storms: whatever goes wrong, nothing is sold twice, lost, or done twice, and everything ends."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest
from tests.conftest import SEEDS
from tests.house.source import ROOT
from tests.storms import oracle
from tests.storms.conftest import STORM
from tests.storms.database import Moments, SimDatabase
from tests.storms.stage import fresh
from tests.storms.storm import Broken, Storm

from ovunque.orders.checking import INVARIANTS
from ovunque.platform.embedded import Cluster

REPLAYED = 1  # Any seed would do.


def test_a_storm_passes(
    url: str,
    seed: int,
    record_property: Callable[[str, object], None],
    pytestconfig: pytest.Config,
) -> None:
    """A soak looks every hour of virtual time: what it finds is replayed, and looked at closely."""
    soaking = pytestconfig.getoption("--seeds") > SEEDS
    outcome = Storm(seed, url, every_step=not soaking).run()
    record_property(STORM, outcome.table())
    print(f"seed {seed}: trace {outcome.trace}")


def test_a_storm_is_the_same_in_another_process(town: Cluster) -> None:
    """Another cluster, another order of sets and dictionaries: the same story, word by word.

    Here as the second in its database, there as the first: no story hangs on where a row lies.
    """
    with fresh(town) as url:
        Storm(REPLAYED - 1, url).run()
    with fresh(town) as url:
        mine = Storm(REPLAYED, url).run()
    told = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-s", "tests/storms/test_storms.py"),
            *("-k", "a_storm_passes", "--seed", str(REPLAYED), "-p", "no:cacheprovider"),
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "8412"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"seed {REPLAYED}: trace {mine.trace}" in told.stdout


def test_a_storm_that_finds_something_says_how_to_find_it_again(own_url: str) -> None:
    lie = replace(INVARIANTS[0], sql="select 'the journal grows' from journal having count(*) > 30")
    with psycopg.connect(own_url) as owner:
        owner.execute(oracle.in_one([lie, *INVARIANTS[1:]]))
    with pytest.raises(Broken) as broken:
        Storm(REPLAYED, own_url).run()

    told = str(broken.value)
    assert f"pytest tests/storms --seed {REPLAYED}" in told
    assert "the journal grows" in told
    assert "faults that were on: process crashes" in told
    assert "the last 50 events:" in told


def test_a_line_that_waits_at_the_end_is_in_the_fingerprint(url: str) -> None:
    """Nobody has looked at it: its time is before all times, which Python cannot hold."""
    with psycopg.connect(url) as owner:
        owner.execute(
            "insert into stock_awaited (line_id, sku, channel_id, units)"
            " values (gen_random_uuid(), 'WAITED-FOR', gen_random_uuid(), 1)"
        )
    database = SimDatabase(url, Moments())
    try:
        assert any("WAITED-FOR" in told for told in oracle.fingerprint(database))
    finally:
        database.close()


def test_every_invariant_is_looked_at(town: Cluster) -> None:
    assert oracle.ALL.count("as lies (lie)") == len(INVARIANTS)
