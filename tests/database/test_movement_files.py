"""Movements come as files too: each booked once, whoever tells them and however often."""

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from tests.database.files import Importer, counters
from tests.factories import NOW, TESTER

from ovunque.access.model import Actor
from ovunque.integrations.files.exporting import Format, export_file
from ovunque.integrations.files.importing import import_file
from ovunque.integrations.files.kinds import KINDS
from ovunque.integrations.files.runs import Imported, ImportRequest, State, Step, Tools
from ovunque.kernel.ids import NewId
from ovunque.platform.database import Database
from ovunque.stock.deciding import (
    accept_feed,
    apply_feed,
    apply_portion,
    find_feed,
    list_feeds,
    list_movements,
    reject_feed,
)
from ovunque.stock.describing import describe_source, find_source
from ovunque.stock.model.feeding import Feed, FeedState, Restored, SourceRequest
from ovunque.stock.ports import nothing_picked
from ovunque.stock.reading import list_levels_of
from ovunque.stock.undoing import list_without, undo_feed, undo_portion, undo_rest

HEAD = "id,location,sku,kind,quantity,occurred_at,sequence,reason,reference\n"
COAT = "COAT-NAVY-M"
SOMEBODY = replace(TESTER, name="somebody else", client_id=UUID(int=8))


@pytest.fixture
def importer(database: Database, new_id: NewId, tmp_path: Path) -> Importer:
    """With the templates of all that movements build on: four coats in Milan since January."""
    found = Importer(database, new_id, tmp_path)
    for kind in ("legal-entities", "locations", "items", "stock"):
        path = tmp_path / kind
        path.write_text(KINDS[kind].template)
        assert found(kind, path).run.state == State.DONE
    return found


def row(nth: int, kind: str, units: int, rest: str = ",,", at: str = "MILANO-01") -> str:
    return f"R-{nth},{at},{COAT},{kind},{units},2026-02-01T10:{nth:02}:00Z,{rest}\n"


def told(importer: Importer, rows: str, source: str = "file", by: Actor = TESTER) -> Imported:
    path = importer.folder / "movements.csv"
    path.write_text(HEAD + rows)
    request = ImportRequest(
        kind=KINDS["movements"], path=path, errors=path.with_suffix(".errors"), source=source
    )
    tools = Tools(clock=lambda: NOW, new_id=importer.new_id)
    return import_file(importer.database, by, request, tools)


def in_milan(importer: Importer) -> int:
    levels = importer.database.read(lambda tx: list_levels_of(tx, [COAT]))
    return sum(each.on_hand for each in levels) - 40  # There are as many in Bologna, untouched.


def test_a_file_of_movements_is_booked_once(importer: Importer) -> None:
    rows = row(1, "sold_in_store", 2) + row(2, "received", 5) + row(3, "adjusted", -1)
    assert counters(told(importer, rows).run) == (3, 0, 0)
    assert in_milan(importer) == 4 - 2 + 5 - 1
    more = rows + row(4, "returned", 1)
    assert counters(told(importer, more).run) == (1, 0, 3), "those of before are known"
    assert in_milan(importer) == 7


def test_the_numbers_of_a_source_are_followed(importer: Importer) -> None:
    rows = "".join(row(nth, "received", 1, f"{nth},,") for nth in (1, 2, 5))
    assert told(importer, rows, "till").run.state == State.DONE
    assert importer.database.read(lambda tx: find_source(tx, "till")).missing == ((3, 4),)


def test_a_dear_write_off_in_a_file_waits_for_somebody(importer: Importer) -> None:
    request = SourceRequest(code="till", write_off_cents_max=0)
    importer.database.transact(lambda tx: describe_source(tx, TESTER, request, None, NOW))
    rows = row(1, "written_off", 1, ",Torn,") + row(2, "received", 1)
    assert counters(told(importer, rows, "till").run) == (1, 0, 1)
    assert in_milan(importer) == 5, "what was written off is still there"
    (feed,) = held(importer)
    waiting = importer.database.read(lambda tx: list_movements(tx, feed.id, 0, 9))
    assert [each.id for each in waiting] == ["R-1"]


def test_a_dear_write_off_does_not_pass_in_slices(importer: Importer) -> None:
    """Every thousand rows stay below the limit, and all of them together do not."""
    limit = 98 * 2_000 * 100
    request = SourceRequest(code="till", write_off_cents_max=limit)
    importer.database.transact(lambda tx: describe_source(tx, TESTER, request, None, NOW))
    came = row(0, "received", 4_000)
    offs = [row(1, "written_off", 1, ",Torn,").replace("R-1,", f"R-{nth},") for nth in range(2_001)]
    cheap = "".join([came, *offs[1:2_001]])
    assert counters(told(importer, cheap, "till").run) == (2_001, 0, 0)
    again = cheap + "".join(each.replace("R-", "A-") for each in offs[:2_000])
    assert counters(told(importer, again, "till").run) == (2_000, 0, 2_001), "what is booked is"
    assert in_milan(importer) == 4 + 4_000 - 4_000
    costly = "".join(each.replace("R-", "D-") for each in offs)
    assert counters(told(importer, costly, "till").run) == (0, 0, 2_001)
    assert counters(told(importer, costly, "till").run) == (0, 0, 2_001), "it waits already"
    assert in_milan(importer) == 4 + 4_000 - 4_000
    (feed,) = held(importer)
    assert (feed.rows, feed.value_cents) == (2_001, 98 * 2_001 * 100), "one file, one decision"


def held(importer: Importer) -> tuple[Feed, ...]:
    return importer.database.read(
        lambda tx: list_feeds(tx, state="held", source="till", before=None, limit=9)
    )


def dear(importer: Importer, count: int) -> str:
    """So many write-offs of the till, which is allowed none."""
    request = SourceRequest(code="till", write_off_cents_max=0)
    importer.database.transact(lambda tx: describe_source(tx, TESTER, request, None, NOW))
    one = row(1, "written_off", 1, ",Torn,")
    return "".join(one.replace("R-1,", f"R-{nth:04},") for nth in range(count))


def test_all_write_offs_of_a_file_are_decided_at_once_and_taken_back_at_once(
    importer: Importer,
) -> None:
    """However many they are: the worker books them, and cut off it goes on behind what is done."""
    database = importer.database
    rows = dear(importer, 2_001)
    told(importer, row(5, "received", 3_000) + rows, "till")
    (feed,) = held(importer)
    seen = database.read(lambda tx: list_movements(tx, feed.id, 1_999, 9))
    assert [each.id for each in seen] == ["R-1999", "R-2000"]

    taken = database.transact(lambda tx: accept_feed(tx, SOMEBODY, feed.id, NOW))
    assert taken.state == FeedState.ACCEPTED, "there are many: the worker sees to them"
    database.transact(lambda tx: apply_portion(tx, SOMEBODY, feed, nothing_picked, NOW))
    assert in_milan(importer) == 3_004 - 1_000
    apply_feed(database, SOMEBODY, feed.id, NOW, nothing_picked)
    done = database.read(lambda tx: find_feed(tx, feed.id))
    assert (done.state, done.changed, done.booked) == (FeedState.APPLIED, 2_001, 2_001)
    assert in_milan(importer) == 3_004 - 2_001

    (level,) = database.read(lambda tx: list_without(tx, done, None, 9))
    assert (level.on_hand, level.without, level.outcome) == (1_003, 3_004, Restored.PENDING)
    database.transact(lambda tx: undo_feed(tx, SOMEBODY, feed.id, NOW))
    database.transact(lambda tx: undo_portion(tx, SOMEBODY, feed, NOW))
    assert in_milan(importer) == 3_004 - 1_001
    undo_rest(database, SOMEBODY, feed.id, NOW)
    undone = database.read(lambda tx: find_feed(tx, feed.id))
    assert (undone.state, in_milan(importer)) == (FeedState.UNDONE, 3_004)
    (level,) = database.read(lambda tx: list_without(tx, undone, None, 9))
    assert (level.without, level.outcome) == (3_004, Restored.UNDONE)


def test_the_rest_of_a_file_waits_by_itself_when_its_beginning_is_decided_already(
    importer: Importer,
) -> None:
    rows = dear(importer, 2_500)
    path = importer.folder / "movements.csv"
    path.write_text(HEAD + rows)
    cut_off(importer, path)
    (feed,) = held(importer)
    assert feed.rows == 2_000
    importer.database.transact(lambda tx: reject_feed(tx, SOMEBODY, feed.id, NOW))
    assert counters(told(importer, rows, "till").run) == (0, 0, 2_500)
    (rest,) = held(importer)
    assert (rest.id == feed.id, rest.rows) == (False, 500)
    assert in_milan(importer) == 4


def test_what_others_tell_of_the_same_file_is_not_theirs_to_decide(importer: Importer) -> None:
    """Whoever goes on with a file of somebody else's does not decide about those rows."""
    rows = dear(importer, 2_500)
    path = importer.folder / "movements.csv"
    path.write_text(HEAD + rows)
    cut_off(importer, path)
    told(importer, rows, "till", SOMEBODY)
    assert sorted((each.rows, each.client_id) for each in held(importer)) == [
        (500, SOMEBODY.client_id),
        (2_000, TESTER.client_id),
    ]


def test_a_file_cut_off_is_as_dear_as_it_was(importer: Importer) -> None:
    """What waits already still counts: the rest of a dear file is not booked as a cheap one."""
    request = SourceRequest(code="till", write_off_cents_max=98 * 600 * 100)
    importer.database.transact(lambda tx: describe_source(tx, TESTER, request, None, NOW))
    rows = "".join(row(1, "written_off", 1).replace("R-1,", f"R-{nth:04},") for nth in range(2_500))
    path = importer.folder / "movements.csv"
    path.write_text(HEAD + rows)
    cut_off(importer, path)
    assert counters(told(importer, rows, "till").run) == (0, 0, 2_500)
    assert in_milan(importer) == 4


def cut_off(importer: Importer, path: Path) -> None:
    """Killed behind the second portion."""

    def tell(step: Step) -> None:
        if step.stage == "applying":
            raise Killed

    request = ImportRequest(kind=KINDS["movements"], path=path, source="till")
    tools = Tools(clock=lambda: NOW, new_id=importer.new_id, tell=tell)
    with pytest.raises(Killed):
        import_file(importer.database, TESTER, request, tools)


class Killed(Exception):  # noqa: N818 - what kills is not ours
    """The process ends here."""


def faults() -> Iterator[tuple[str, tuple[str, str]]]:
    yield row(1, "sold", 1), ("kind", "not_allowed")
    yield row(1, "received", -1), ("quantity", "out_of_bounds")
    yield row(1, "received", 0), ("quantity", "out_of_bounds")
    yield row(1, "received", 1, "x,,"), ("sequence", "wrong_type")
    yield row(1, "received", 1, f",{'x' * 101},"), ("reason", "too_long")
    yield row(1, "returned", 1, ",,PO-1"), ("reference", "unexpected")
    yield row(1, "received", 1, at="NOWHERE"), ("location", "unknown_reference")
    yield row(1, "received", 1).replace(COAT, "no code"), ("sku", "unknown_reference")
    yield row(1, "received", 1).replace("2026-02", "2027-02"), ("occurred_at", "in_the_future")
    yield row(1, "received", 1) * 2, ("id", "duplicate")


@pytest.mark.parametrize(("rows", "fault"), list(faults()))
def test_a_bad_movement_is_named_and_nothing_is_booked(
    importer: Importer, rows: str, fault: tuple[str, str]
) -> None:
    done = told(importer, rows + row(9, "received", 7))
    assert done.run.state == State.FAILED
    assert [(each.column, each.code) for each in done.first] == [fault]
    assert in_milan(importer) == 4


def test_what_files_told_comes_out_as_it_went_in(importer: Importer) -> None:
    rows = row(1, "sold_in_store", 2, "7,Gift,") + row(2, "adjusted", -1) + row(3, "received", 1)
    told(importer, rows)
    told(importer, row(4, "received", 1), "till")
    out = StringIO(newline="")
    kind = KINDS["movements"]
    importer.database.read(lambda tx: export_file(tx, kind, NOW, Format.CSV, out))
    assert sorted(out.getvalue().replace("\r", "").splitlines()) == sorted(
        (HEAD + rows).splitlines()
    )


def test_a_file_is_not_cheap_because_its_rows_are_named_again(importer: Importer) -> None:
    """The good rows are those that are booked: the first of each id, dear as they are."""
    request = SourceRequest(code="till", write_off_cents_max=98 * 2_000 * 100)
    importer.database.transact(lambda tx: describe_source(tx, TESTER, request, None, NOW))
    told(importer, row(0, "received", 4_000), "till")
    rows = [
        row(1, "written_off", units, ",Torn,").replace("R-1,", f"R-{nth:04},")
        for units in (2, 1)
        for nth in range(1_500)
    ]
    path = importer.folder / "movements.csv"
    path.write_text(HEAD + "".join(rows))
    request_ = ImportRequest(kind=KINDS["movements"], path=path, source="till", apply_good=True)
    tools = Tools(clock=lambda: NOW, new_id=importer.new_id)
    done = import_file(importer.database, TESTER, request_, tools)
    assert counters(done.run) == (0, 0, 1_500)
    assert in_milan(importer) == 4_004
