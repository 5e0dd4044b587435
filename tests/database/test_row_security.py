"""The second wall: a question that forgot for whom it is still shows nobody others' work."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest
from tests.factories import TESTER
from tests.house.test_walls import WALLED
from tests.shops import Shop
from tests.worlds import World, build

from ovunque.api.call import Services
from ovunque.app import furnish
from ovunque.kernel.ids import NewId
from ovunque.platform.clock import now
from ovunque.platform.database import Database, DatabaseSizes, Tx
from ovunque.platform.settings import Settings

WORLD = World(
    locations=3,
    skus=["COAT", "HAT"],
    stock={("L000", "COAT"): 9, ("L001", "HAT"): 9},
)
OF_STORES = ("location_task", "location_task_line", "location_parcel")
FORGOT = "select location_id from fulfillment"  # The planted leak: no `where` at all.


@pytest.fixture
def services(database_url: str, new_id: NewId) -> Iterator[Services]:
    """One connection for everybody: what one leaves behind, the next one would find."""
    with Database(database_url, DatabaseSizes(connections_max=1)) as database:
        build(database, WORLD, TESTER, new_id, now())
        with furnish(Settings(), database) as furnished:
            shop = Shop(database=database, services=furnished)
            shop.order([("COAT", 1)])
            shop.order([("HAT", 1)])
            yield furnished


def places(tx: Tx) -> set[UUID]:
    return {row[0] for row in tx.execute(FORGOT)}


def test_a_question_without_a_filter_shows_ones_own_work_only(services: Services) -> None:
    database = services.database
    all_of_them = database.read(places)
    assert len(all_of_them) == 2
    for place in all_of_them:
        assert database.read_at(place, places) == {place}
    assert database.read_at(UUID(int=7), places) == set()


def test_what_is_fetched_at_a_store_is_its_own_too(services: Services) -> None:
    """A warehouse sends it, the store gives it out: both see it, and nobody else."""
    database = services.database
    first, second = sorted(database.read(places))
    database.transact(
        lambda tx: tx.execute(
            "update fulfillment set collect_at = %s where location_id = %s", [second, first]
        )
    )
    assert database.read_at(first, places) == {first}
    assert database.read_at(second, places) == {first, second}


def test_a_pooled_connection_never_shows_the_last_stores_rows(services: Services) -> None:
    """Eight readers, one connection, stores and the house in turns; one of them fails midway."""
    database = services.database
    first, second = sorted(database.read(places))

    def fail(tx: Tx) -> None:
        tx.execute(FORGOT)
        raise ValueError("midway")

    def look(turn: int) -> bool:
        place = (first, second)[turn % 2]
        if turn % 5 == 0:
            with pytest.raises(ValueError, match="midway"):
                database.read_at(place, fail)
        if turn % 3 == 0:
            return database.read(places) == {first, second}
        return database.read_at(place, places) == {place}

    with ThreadPoolExecutor(8) as readers:
        assert all(readers.map(look, range(60)))


def test_closed_by_default(services: Services) -> None:
    """A reader for stores who forgot to say for which sees nothing, in every walled table."""

    def look(tx: Tx) -> list[int]:
        tx.execute("set local role ovunque_store")
        tx.execute("select set_config('ovunque.location', '', true)")
        counts = [tx.execute(f"select count(*) from {each}".encode()).fetchone() for each in WALLED]
        return [row[0] for row in counts if row]

    assert services.database.transact(look) == [0] * len(WALLED)


@pytest.mark.parametrize(
    "statement",
    [
        "update fulfillment set state = 'accepted'",
        "delete from journal",
        "insert into journal_epoch (epoch) values (2)",
        "select password_hash from person",
        "select secret from second_factor",
        "select sha256 from session",
        "select sha256 from api_key",
    ],
)
def test_who_reads_for_a_store_writes_nothing_and_sees_no_secret(
    services: Services, statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        services.database.read_at(UUID(int=7), lambda tx: tx.execute(statement.encode()))


def test_the_walls_stand(database_url: str) -> None:
    """Which tables need one is asked in `tests/house/test_walls.py`."""
    with psycopg.connect(database_url) as owner:
        walled = {
            row[0]
            for row in owner.execute(
                "select relname from pg_class where relrowsecurity and relforcerowsecurity"
            )
        }
        asking = {
            row[0]
            for row in owner.execute(
                "select relname from pg_class where relkind = 'v' "
                "and 'security_invoker=true' = any(reloptions)"
            )
        }
    assert walled == set(WALLED)
    assert set(OF_STORES) <= asking, "create view … with (security_invoker = true)"
