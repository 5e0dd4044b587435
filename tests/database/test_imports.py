"""Files into a real database: all or nothing, once however often, on from where it was."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from tests.database.files import (
    Importer,
    Tell,
    counters,
    read,
    stock_file,
    write,
    write_retailer,
    write_rows,
)
from tests.factories import NOW, TESTER

from ovunque.access.model import Actor
from ovunque.integrations.files import pausing, stock
from ovunque.integrations.files.importing import import_file
from ovunque.integrations.files.kinds import KINDS
from ovunque.integrations.files.runs import ImportRequest, Run, State, Step, Tools
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.platform.database import Database, Tx
from ovunque.stock.deciding import accept_feed, list_feeds
from ovunque.stock.model.feeding import FeedState
from ovunque.stock.weighing import Foreseen


@pytest.fixture(scope="module")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_retailer(tmp_path_factory.mktemp("retailer"))


@pytest.fixture
def importer(database: Database, new_id: NewId, retailer: Path) -> Importer:
    return Importer(database, new_id, retailer)


@pytest.fixture
def stocked(importer: Importer) -> Importer:
    """With all of the demo retailer but its stock."""
    importer.all_but_stock()
    return importer


def test_three_bad_rows_among_thousands_are_named_and_nothing_is_applied(
    stocked: Importer, tmp_path: Path
) -> None:
    path = tmp_path / "stock.csv"
    lines = stock_file(stocked, path, 3_000)
    for line, row in {
        17: "milano-duomo,NOTHING,4,2026-03-01T10:00:00Z",
        1_500: "nowhere," + lines[1_499].partition(",")[2],
        2_999: lines[2_998].replace("T10:00:00Z", ""),
    }.items():
        lines[line - 1] = row
    path.write_text("\n".join(lines))

    imported = stocked("stock", path)

    named = [(bad.line, bad.column, bad.code) for bad in imported.first]
    assert named == [
        (17, "sku", "unknown_reference"),
        (1_500, "location", "unknown_reference"),
        (2_999, "as_of", "wrong_type"),
    ]
    assert imported.errors is not None
    assert [
        (int(row["line"]), row["column"], row["code"]) for row in read(imported.errors)
    ] == named
    assert (imported.run.state, imported.run.bad, imported.run.done) == (State.FAILED, 3, 0)
    assert stocked.count("stock_level") == 0

    applied = stocked("stock", path, apply_good=True)
    assert (applied.run.state, applied.run.bad, applied.run.done) == (State.DONE, 3, 2_997)
    assert stocked.count("stock_level") == 2_997


def test_a_dry_run_leaves_nothing_behind(stocked: Importer) -> None:
    runs, facts = stocked.count("import_run"), stocked.count("journal")
    imported = stocked("stock", dry_run=True)
    assert imported.run.rows == sum(1 for _ in read(stocked.folder / "stock.csv"))
    assert imported.run.bad == 0
    assert (stocked.count("import_run"), stocked.count("journal")) == (runs, facts)
    assert stocked.count("stock_level") == 0


class Killed(Exception):  # noqa: N818 - what kills is not ours
    """The process ends here."""


def killed_after(rows: int) -> Tell:
    def tell(step: Step) -> None:
        if step.stage == "applying" and step.done >= rows:
            raise Killed

    return tell


@pytest.mark.parametrize("apply_good", [False, True])
def test_an_import_that_was_cut_off_goes_on_where_it_was(
    stocked: Importer, tmp_path: Path, apply_good: bool
) -> None:
    path = tmp_path / "stock.csv"
    lines = stock_file(stocked, path, 3_500)
    if apply_good:
        path.write_text("\n".join([*lines, "nowhere,X,1,2026-03-01T10:00:00Z"]))
    with pytest.raises(Killed):
        stocked("stock", path, tell=killed_after(1_000), apply_good=apply_good)
    applied = stocked.count("stock_level")
    assert 1_000 <= applied < 3_500
    counted = stocked.count("stock_count")

    imported = stocked("stock", path, apply_good=apply_good)

    assert imported.resumed == applied
    assert counters(imported.run) == (0, 3_500, 0)
    assert stocked.count("stock_level") == stocked.count("stock_count") == 3_500
    assert counted == applied
    assert stocked.count("import_run where state = 'done' and kind = 'stock'") == 1


def test_a_paused_import_applies_no_further_portion_and_goes_on_behind(
    stocked: Importer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock, "COUNTED_AT_ONCE", 500)  # More portions than are at work at once.
    path = tmp_path / "stock.csv"
    stock_file(stocked, path, 5_000)
    turned: list[Run] = []

    def tell(step: Step) -> None:
        if step.stage == "applying" and not turned:
            turned.append(stocked.database.transact(lambda tx: turn(tx, pausing.pause)))

    with pytest.raises(Refusal) as refusal:
        stocked("stock", path, tell=tell)
    assert refusal.value.code == "import_paused"
    applied = stocked.count("stock_level")
    assert 0 < applied < 5_000
    with pytest.raises(Refusal) as refusal:
        stocked("stock", path)
    assert refusal.value.code == "import_paused"
    assert stocked.count("stock_level") == applied
    assert not stocked.database.transact(lambda tx: turn(tx, pausing.go_on)).is_paused
    imported = stocked("stock", path)
    assert (imported.resumed, imported.run.done) == (applied, 5_000)
    facts = "journal where kind in ('import.paused', 'import.resumed')"
    assert stocked.count(facts) == 2


def test_an_import_that_is_paused_while_it_is_checked_applies_nothing(
    stocked: Importer, tmp_path: Path
) -> None:
    path = tmp_path / "stock.csv"
    stock_file(stocked, path, 10)

    def tell(step: Step) -> None:
        if step.stage == "checking":
            stocked.database.transact(lambda tx: turn(tx, pausing.pause))

    with pytest.raises(Refusal):
        stocked("stock", path, tell=tell)
    assert stocked.count("stock_level") == 0


def turn(tx: Tx, act: Callable[[Tx, Actor, UUID, datetime], Run]) -> Run:
    """Have the import that is open wait or go on."""
    row = tx.execute("select id from import_run where state in ('checking', 'applying')").fetchone()
    assert row is not None
    return act(tx, TESTER, row[0], NOW)


def test_rows_that_became_good_meanwhile_are_not_passed_over(
    stocked: Importer, tmp_path: Path
) -> None:
    """A location that was unknown when the import was cut off is known now: its rows come too."""
    path = tmp_path / "stock.csv"
    lines = stock_file(stocked, path, 3_000)
    _, sku, *_ = lines[-1].split(",")
    path.write_text("\n".join([*lines, f"new-store,{sku},1,2026-03-01T10:00:00Z"]))
    with pytest.raises(Killed):
        stocked("stock", path, tell=killed_after(1_000), apply_good=True)

    store, *_ = read(stocked.folder / "locations.csv")
    new_store = write_rows(tmp_path / "locations.csv", [store | {"code": "new-store"}])
    assert stocked("locations", new_store).run.created == 1

    again = stocked("stock", path)
    assert (again.resumed, again.run.done) == (0, 3_001)
    assert stocked.count("stock_level") == 3_001


def test_two_at_once_apply_it_once(stocked: Importer, tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    stock_file(stocked, path, 3_000)
    steps: list[str] = []

    def run(_: int) -> Run:
        return stocked("stock", path, tell=lambda step: steps.append(step.stage)).run

    with ThreadPoolExecutor(2) as people:
        runs = list(people.map(run, range(2)))

    assert sorted(map(counters, runs)) == [(0, 0, 3_000), (0, 3_000, 0)]
    assert "waiting" in steps
    assert stocked.count("stock_count") == 3_000


def test_who_does_not_wait_is_refused(stocked: Importer, tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    stock_file(stocked, path, 10)

    def import_again(step: Step) -> None:
        if step.stage != "checking":
            return
        request = ImportRequest(kind=KINDS["stock"], path=path, waits=False)
        with pytest.raises(Refusal) as refusal:
            import_file(
                stocked.database,
                TESTER,
                request,
                Tools(clock=lambda: NOW, new_id=stocked.new_id),
            )
        assert refusal.value.code == "busy"

    assert stocked("stock", path, tell=import_again).run.done == 10


def test_an_unusable_file_ends_its_run_and_says_why(stocked: Importer, tmp_path: Path) -> None:
    path = write(tmp_path / "stock.csv", "location,sku,on_hand,as_of")
    with pytest.raises(Refusal) as refusal:
        stocked("stock", path)
    assert "has no rows" in refusals.explain(refusal.value)
    assert stocked.count("import_run where state = 'failed' and reason like '%no rows%'") == 1


def test_an_import_that_fails_on_the_way_says_how_far_it_came(
    stocked: Importer, tmp_path: Path
) -> None:
    """Somebody takes the e-mail address of a later row while the first ones are applied."""
    path = write(
        tmp_path / "customers.csv",
        "external_id,email,name,phone,language",
        *(f"x-{nth},x-{nth}@example.org,X,," for nth in range(2_500)),
    )
    taken = write(
        tmp_path / "taken.csv", *path.read_text().splitlines()[:1], "y,x-2400@example.org,Y,,"
    )

    def interfere(step: Step) -> None:
        if step.stage == "applying" and step.done == 1_000:
            assert stocked("customers", taken).run.created == 1

    with pytest.raises(Refusal) as refusal:
        stocked("customers", path, tell=interfere)
    assert "e-mail" in refusals.explain(refusal.value)
    row = stocked.database.read(
        lambda tx: tx.execute(
            "select rows, done, created from import_run where state = 'failed'"
        ).fetchone()
    )
    assert row == (2_000, 2_000, 2_000)


def test_errors_never_overwrite_the_file(stocked: Importer, tmp_path: Path) -> None:
    path = write(tmp_path / "stock.errors", "location,sku,on_hand,as_of", "x,y,1,z")
    with pytest.raises(Refusal):
        stocked("stock", path)
    assert path.read_text().startswith("location")


def counted_at(path: Path, lines: list[str], moment: str) -> Path:
    path.write_text("\n".join([lines[0], *(f"{line},{moment}" for line in lines[1:])]))
    return path


def test_a_file_that_changes_too_much_waits_for_somebody_else(
    stocked: Importer, tmp_path: Path
) -> None:
    """As by the API: kept as a feed, told twice it is one, accepted it is applied as it was."""
    lines = stock_file(stocked, tmp_path / "stock.csv", 600)
    stocked("stock", tmp_path / "stock.csv")
    empty = [lines[0], *(",".join([*line.split(",")[:2], "0"]) for line in lines[1:])]
    path = counted_at(tmp_path / "empty.csv", empty, "2026-03-01T11:00:00Z")

    seen = stocked("stock", path, dry_run=True).foreseen
    assert seen is not None
    assert seen.held
    assert seen.zeroed > 400
    assert stocked.count("stock_feed") == 0

    first, again = stocked("stock", path), stocked("stock", path)

    assert (first.run.state, first.run.reason) == (State.HELD, again.run.reason)
    assert stocked.count("stock_feed") == 1
    assert stocked.count("stock_feed_count") == 600
    assert stocked.count("stock_level where on_hand > 0") > 400

    (feed,) = stocked.database.read(
        lambda tx: list_feeds(tx, state="held", source="file", before=None, limit=9)
    )
    other = replace(TESTER, client_id=stocked.new_id())
    accepted = stocked.database.transact(lambda tx: accept_feed(tx, other, feed.id, NOW))
    assert accepted.state == FeedState.APPLIED
    assert stocked.count("stock_level where on_hand > 0") == 0
    assert stocked("stock", path).run.unchanged == 600


def test_a_complete_file_says_what_is_not_there(stocked: Importer, tmp_path: Path) -> None:
    lines = stock_file(stocked, tmp_path / "stock.csv", 300)
    stocked("stock", tmp_path / "stock.csv")
    rows = [line.rpartition(",")[0] for line in lines[1:]]
    gone = next(row for row in rows if not row.endswith(",0"))
    fewer = ["location,sku,on_hand,as_of", *(row for row in rows if row != gone)]
    path = counted_at(tmp_path / "fewer.csv", fewer, "2026-03-01T11:00:00Z")
    _, sku, units = gone.split(",")

    def on_hand() -> int:
        return stocked.count(f"stock_level where sku = '{sku}' and on_hand = {units}")

    before = on_hand()
    assert stocked("stock", path).run.state == State.DONE
    assert on_hand() == before
    dry = stocked("stock", path, complete=True, dry_run=True)
    assert (dry.run.rows, dry.foreseen) == (300, Foreseen(zeroed=1, held=False))
    complete = stocked("stock", path, complete=True)
    assert (complete.run.state, complete.run.rows, complete.run.changed) == (State.DONE, 300, 1)
    assert on_hand() == before - 1
    assert stocked.count("stock_complete") > 1
