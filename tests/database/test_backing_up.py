"""A backup taken while orders come in, and the way back: to the last commit, and to an instant."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest
from tests.shops import Shop, open_shop

from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.platform.backing_up.restoring import RestoreRequest, restore
from ovunque.platform.backing_up.shelf import Shelf
from ovunque.platform.backing_up.taking import Source, following, take_base
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.embedded import DATABASE, Cluster, find_binaries, throwaway
from ovunque.platform.embedded.throwaway import temporary_place
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings


@dataclass
class Lost:
    """A house whose disk is gone: what its shoppers were told, and its backups."""

    shelf: Shelf
    first: set[str]  # Orders that had been accepted at an instant.
    every: set[str]
    instant: datetime


def accept(shop: Shop, count: int) -> set[str]:
    return {order.number for order in shop.order_many(count, [("COAT", 1)])}


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory, new_id: NewId) -> Lost:
    shelf = Shelf(tmp_path_factory.mktemp("shelf"))
    programs = find_binaries(read_settings().pg_bin)
    with throwaway(read_settings().pg_bin, durable=True) as cluster:
        cluster.ensure_database(DATABASE)
        url = cluster.url(DATABASE)
        migrate(url)
        source = Source(url=url, programs=programs.path)
        with Database(url) as database, following(source, shelf):
            with open_shop(database, new_id, {("L000", "COAT"): 100}) as shop:
                first = accept(shop, 3)
                take_base(source, shelf, now())
                first |= accept(shop, 3)
                instant = now()
                every = first | accept(shop, 4)
            cluster.stop("immediate")
    return Lost(shelf, first, every, instant)


def numbers(cluster: Cluster) -> set[str]:
    with psycopg.connect(cluster.url(DATABASE)) as owner:
        return {row[0] for row in owner.execute("select number from customer_order")}


@pytest.fixture
def empty() -> Iterator[Cluster]:
    """A cluster that has no data yet, where the server's account may enter."""
    folder = Path(mkdtemp(prefix="ovunque-restored-", dir=temporary_place()))
    folder.chmod(0o711)
    cluster = Cluster(folder / "database", find_binaries(read_settings().pg_bin))
    try:
        yield cluster
    finally:
        cluster.stop("immediate")
        shutil.rmtree(folder)


def test_every_accepted_order_is_there_after_the_disk_was_lost(lost: Lost, empty: Cluster) -> None:
    restored = restore(empty, RestoreRequest(shelf=lost.shelf))

    assert numbers(empty) == lost.every
    assert restored.orders == len(lost.every)
    with Database(empty.url(DATABASE)) as database:
        assert check_now(database) == ()
        row = database.read(lambda tx: tx.execute("select epoch from journal_epoch").fetchone())
    assert row == (2,)
    with pytest.raises(Refusal, match="restore_in_the_way"):
        restore(empty, RestoreRequest(shelf=lost.shelf))


def test_a_restore_to_an_instant_leaves_out_what_came_later(lost: Lost, empty: Cluster) -> None:
    restore(empty, RestoreRequest(shelf=lost.shelf, until=lost.instant))

    assert numbers(empty) == lost.first
    empty.stop()
    empty.start()  # Nothing of the replay is left in its settings.
    assert numbers(empty) == lost.first


def test_no_backup_is_old_enough(lost: Lost, empty: Cluster) -> None:
    early = now() - timedelta(days=1)
    with pytest.raises(Refusal, match="backup_missing"):
        restore(empty, RestoreRequest(shelf=lost.shelf, until=early))
    assert not empty.layout.data.exists()
