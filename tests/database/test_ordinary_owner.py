"""An owner that is no superuser: everything is installed, lived and read in ordinary roles."""

from collections.abc import Iterator

import psycopg
import pytest
from tests.factories import TESTER
from tests.house.test_walls import WALLED
from tests.worlds import World, build

from ovunque.kernel.ids import NewId
from ovunque.platform.clock import now
from ovunque.platform.copying import copy, is_walled
from ovunque.platform.database import Database, Tx
from ovunque.platform.embedded import throwaway
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings

WORLD = World(locations=2, skus=["COAT"], stock={("L000", "COAT"): 9})


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server of somebody else's, where we may create roles and own one database."""
    with throwaway(read_settings().pg_bin) as cluster:
        with psycopg.connect(cluster.url("postgres"), autocommit=True) as owner:
            owner.execute("create role ordinary login createrole")
            owner.execute("create database ours owner ordinary")
            (before,) = [row[0] for row in owner.execute("select current_user")]
        yield cluster.url("ours").replace(before, "ordinary", 1)


def test_an_ordinary_owner_installs_copies_and_sees_all(url: str, new_id: NewId) -> None:
    assert migrate(url)
    with Database(url) as database:
        build(database, WORLD, TESTER, new_id, now())

        def fill(tx: Tx) -> int:
            assert all(is_walled(tx, name) for name in WALLED)
            (place,) = tx.execute("select id from location where code = 'L001'").fetchone() or [0]
            into = "device (id, sha256, name, location_id, bound_by, bound_at)"
            rows = [
                (new_id(), bytes([nth]) * 32, f"n\t{nth}", place, "me", now()) for nth in (1, 2)
            ]
            return copy(tx, into, rows) + copy(tx, into, [])

        assert database.transact(fill) == 2
        ((place,),) = database.read(
            lambda tx: tx.execute("select distinct location_id from device").fetchall()
        )
        seen = lambda tx: tx.execute("select name from device order by name").fetchall()  # noqa: E731
        assert database.read(seen) == [("n\t1",), ("n\t2",)]
        assert database.read_at(place, seen) == [("n\t1",), ("n\t2",)]
        assert database.read_at(new_id(), seen) == []
    with psycopg.connect(url) as owner:
        found = owner.execute(
            "select rolsuper or rolbypassrls from pg_roles "
            "where rolname = any(array['ovunque_system', current_user])"
        ).fetchall()
        assert found == [(False,), (False,)]
        assert len(owner.execute("select from device").fetchall()) == 2, "a migration sees all rows"
