"""Files that are dropped into a folder are imported once, whoever looks, and put away."""

import gzip
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from tests.factories import NOW, TESTER
from tests.worlds import World, build

from ovunque.integrations.files.runs import Tools
from ovunque.integrations.files.watching import read_name, watch
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform.clock import now
from ovunque.platform.database import Database

HEAD = "location,sku,on_hand,as_of\n"
GOOD = HEAD + "L000,COAT,4,2026-03-02T08:00:00Z\nL001,COAT,2,2026-03-02T08:00:00Z\n"
BAD = HEAD + "L000,COAT,many,2026-03-02T08:00:00Z\n"


@pytest.fixture
def inbox(database: Database, new_id: NewId, tmp_path: Path) -> Path:
    build(database, World(locations=2, skus=["COAT"], stock={}), TESTER, new_id, NOW)
    return tmp_path


def drop(inbox: Path, name: str, text: str, *, old: bool = True) -> Path:
    path = inbox / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    if old:
        moment = (now() - timedelta(minutes=1)).timestamp()
        os.utime(path, (moment, moment))
    return path


def look(database: Database, inbox: Path, new_id: NewId) -> int:
    return watch(database, TESTER, inbox, Tools(clock=now, new_id=new_id))


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir() if each.is_file())


def stock(database: Database) -> list[tuple[int, str]]:
    return database.read(
        lambda tx: tx.execute(
            "select on_hand, baseline_source from stock_level order by on_hand"
        ).fetchall()
    )


def test_a_file_is_imported_and_put_away(database: Database, inbox: Path, new_id: NewId) -> None:
    drop(inbox, "stock.wms.csv.gz", GOOD)
    assert look(database, inbox, new_id) == 1
    assert stock(database) == [(2, "wms"), (4, "wms")]
    assert (names(inbox), names(inbox / "done")) == ([], ["stock.wms.csv.gz"])
    drop(inbox, "stock.wms.csv.gz", GOOD)
    assert look(database, inbox, new_id) == 1
    assert stock(database) == [(2, "wms"), (4, "wms")]


def test_a_bad_file_lies_there_with_its_reasons(
    database: Database, inbox: Path, new_id: NewId
) -> None:
    drop(inbox, "stock.csv", BAD)
    drop(inbox, "holiday.jpg", "not for us")
    assert look(database, inbox, new_id) == 2
    assert stock(database) == []
    assert names(inbox / "failed") == [
        "holiday.jpg",
        "holiday.jpg.reason.txt",
        "stock.csv",
        "stock.csv.errors.csv",
        "stock.csv.reason.txt",
    ]
    assert "many" in (inbox / "failed" / "stock.csv.errors.csv").read_text()


def test_what_is_still_written_waits(database: Database, inbox: Path, new_id: NewId) -> None:
    drop(inbox, "stock.csv.part", GOOD)
    drop(inbox, ".stock.csv", GOOD)
    fresh = drop(inbox, "stock.csv", GOOD, old=False)
    assert look(database, inbox, new_id) == 0
    assert fresh.exists()


def test_what_a_crash_left_behind_is_taken_up(
    database: Database, inbox: Path, new_id: NewId
) -> None:
    (inbox / "working").mkdir()
    drop(inbox / "working", "stock.csv", GOOD)
    assert look(database, inbox, new_id) == 1
    assert len(stock(database)) == 2


def test_several_workers_take_each_file_once(
    database: Database, inbox: Path, new_id: NewId
) -> None:
    for nth in range(6):
        text = GOOD.replace("08:00", f"08:0{nth}")
        drop(inbox, f"stock.till-{nth}.csv", text)
    with ThreadPoolExecutor(3) as workers:
        ended = sum(workers.map(lambda _: look(database, inbox, new_id), range(3)))
    ended += look(database, inbox, new_id)
    assert ended == len(names(inbox / "done")) == 6
    assert names(inbox / "failed") == names(inbox / "working") == []


@pytest.mark.parametrize("name", ["wms.csv", "stock.w m s.csv", ".", ""])
def test_a_name_says_what_a_file_holds(name: str) -> None:
    with pytest.raises(Refusal):
        read_name(name)
