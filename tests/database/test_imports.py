"""Files into a real database: all or nothing, once however often, on from where it was."""

import csv
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import StringIO
from pathlib import Path
from random import Random

import pytest
import typer
from tests.factories import NOW, TESTER
from typer.testing import CliRunner

from ovunque.cli.imports import export_kind, import_kind
from ovunque.integrations.files.exporting import Format, export_file
from ovunque.integrations.files.importing import import_file
from ovunque.integrations.files.kinds import KINDS, ORDERED, find_kind
from ovunque.integrations.files.runs import Imported, ImportRequest, Run, State, Step, Tools
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.platform.database import Database
from ovunque.simulation.files import write_files
from ovunque.simulation.retailer import build_retailer
from ovunque.simulation.sizes import SMALL
from ovunque.stock.model import Key, Movement, MovementKind
from ovunque.stock.moving import move

NOT_USABLE = "Something in this request is not as it should be:"

Tell = Callable[[Step], None]


@pytest.fixture(scope="module")
def retailer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo retailer's files."""
    folder = tmp_path_factory.mktemp("retailer")
    write_files(folder, build_retailer(SMALL, date(2026, 3, 2), Random(7)))
    return folder


class Importer:
    """Imports files of a folder as the tester."""

    def __init__(self, database: Database, new_id: NewId, folder: Path) -> None:
        self.database = database
        self.new_id = new_id
        self.folder = folder

    def __call__(
        self,
        kind: str,
        path: Path | None = None,
        *,
        tell: Tell = lambda _: None,
        apply_good: bool = False,
        dry_run: bool = False,
    ) -> Imported:
        found = find_kind(kind)
        assert found is not None
        path = path or self.folder / f"{kind.replace('-', '_')}.csv"
        request = ImportRequest(
            kind=found,
            path=path,
            errors=path.with_suffix(".errors"),
            apply_good=apply_good,
            dry_run=dry_run,
        )
        tools = Tools(clock=lambda: NOW, new_id=self.new_id, tell=tell)
        return import_file(self.database, TESTER, request, tools)

    def all_but_stock(self) -> None:
        for kind in ORDERED[:-1]:
            assert self(kind.name).run.state == State.DONE

    def count(self, table: str) -> int:
        row = self.database.read(lambda tx: tx.execute(f"select count(*) from {table}").fetchone())
        assert row is not None
        return int(row[0])


@pytest.fixture
def importer(database: Database, new_id: NewId, retailer: Path) -> Importer:
    return Importer(database, new_id, retailer)


@pytest.fixture
def stocked(importer: Importer) -> Importer:
    """With all of the demo retailer but its stock."""
    importer.all_but_stock()
    return importer


def counters(run: Run) -> tuple[int, int, int]:
    return run.created, run.changed, run.unchanged


def stock_file(importer: Importer, path: Path, rows: int) -> list[str]:
    """A stock file of so many rows, as lines; the header is the first of them."""
    codes = [row["code"] for row in read(importer.folder / "locations.csv")]
    skus = [row["sku"] for row in read(importer.folder / "items.csv")]
    keys = ((code, sku) for sku in skus for code in codes)
    lines = [f"{code},{sku},{nth % 9},2026-03-01T10:00:00Z" for nth, (code, sku) in enumerate(keys)]
    lines = ["location,sku,on_hand,as_of", *lines[:rows]]
    assert len(lines) == rows + 1
    path.write_text("\n".join(lines))
    return lines


def read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def write_rows(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_every_file_of_a_retailer_is_imported_once(importer: Importer) -> None:
    for kind in ORDERED:
        run = importer(kind.name).run
        rows = sum(1 for _ in read(importer.folder / f"{kind.name.replace('-', '_')}.csv"))
        assert (run.state, run.rows, run.done, run.bad) == (State.DONE, rows, rows, 0)
        assert run.created + run.changed > 0
        assert run.unchanged == 0
    facts = importer.count("journal")

    for kind in ORDERED:
        created, changed, unchanged = counters(importer(kind.name).run)
        assert (created, changed) == (0, 0)
        assert unchanged > 0
    assert importer.count("journal") == facts


@pytest.mark.parametrize("told", list(Format))
def test_what_is_exported_can_be_imported_and_changes_nothing(
    importer: Importer, told: Format, tmp_path: Path
) -> None:
    for kind in ORDERED:
        importer(kind.name)
    for kind in ORDERED:
        path = tmp_path / kind.name
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = importer.database.read(lambda tx: export_file(tx, kind, NOW, told, file))  # noqa: B023
        run = importer(kind.name, path).run
        assert (run.rows, run.state) == (rows, State.DONE)
        assert counters(run)[:2] == (0, 0)


def test_templates_can_be_imported_one_after_the_other(
    database: Database, new_id: NewId, tmp_path: Path
) -> None:
    importer = Importer(database, new_id, tmp_path)
    for kind in ORDERED:
        path = tmp_path / kind.name
        path.write_text(kind.template)
        run = importer(kind.name, path).run
        assert (run.state, run.rows) == (State.DONE, 2)


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


def test_a_level_that_moved_since_its_count_is_exported_as_of_now(
    stocked: Importer, tmp_path: Path
) -> None:
    path = tmp_path / "stock.csv"
    stock_file(stocked, path, 2)
    stocked("stock", path)
    (sku, at), *_ = stocked.database.read(
        lambda tx: tx.execute("select sku, location_id from stock_level order by sku").fetchall()
    )
    sold = Movement(
        id="receipt-1",
        key=Key(sku, at),
        kind=MovementKind.RECEIVED,
        quantity=5,
        occurred_at=NOW,
    )
    stocked.database.transact(lambda tx: move(tx, TESTER, "till", [sold], NOW))
    file = StringIO(newline="")
    stocked.database.read(lambda tx: export_file(tx, KINDS["stock"], NOW, Format.CSV, file))
    path.write_text(file.getvalue())

    assert sorted(file.getvalue().count(each) for each in ("T10:00:00Z", "T09:00:00Z")) == [1, 1]
    run = stocked("stock", path).run
    assert counters(run) == (0, 1, 1)
    on_hand = "coalesce(sum(on_hand), 0) from stock_level --"
    row = stocked.database.read(lambda tx: tx.execute(f"select {on_hand}").fetchone())
    assert row == (0 + 1 + 5,)


@pytest.mark.parametrize(
    ("kind", "change", "fault"),
    [
        ("locations", {"legal_entity": "nobody"}, ("legal_entity", "unknown_reference")),
        ("locations", {"latitude": "91"}, ("latitude", "out_of_bounds")),
        ("locations", {"latitude": "45,1"}, ("latitude", "wrong_type")),
        ("locations", {"time_zone": "Europe/Atlantis"}, ("time_zone", "unknown_value")),
        ("locations", {"capabilities": "fly"}, ("capabilities", "unknown_value")),
        ("channels", {"pool": "nothing"}, ("pool", "unknown_reference")),
        ("items", {"weight_g": "0"}, ("weight_g", "out_of_bounds")),
        ("items", {"title": ""}, ("title", "missing")),
        ("items", {"gtin": "4006381333932"}, ("gtin", "malformed")),
        ("items", {"components": "NOTHING:1"}, ("components", "unknown_reference")),
        ("items", {"components": "SET004:1"}, ("components", "nested")),
        ("carriers", {"cutoff": "25:00"}, ("cutoff", "wrong_type")),
        ("carriers", {"pickup_days": "1;8"}, ("pickup_days", "out_of_bounds")),
        ("zones", {"country": "Italy"}, ("country", "malformed")),
        ("lanes", {"from_zone": "moon"}, ("from_zone", "unknown_reference")),
        ("lanes", {"rates": "1000:5;500:6"}, ("rates", "malformed")),
        ("customers", {"email": "nobody"}, ("email", "malformed")),
    ],
)
def test_a_bad_row_of_every_kind_is_named(
    stocked: Importer, kind: str, change: dict[str, str], fault: tuple[str, str], tmp_path: Path
) -> None:
    rows = list(read(stocked.folder / f"{kind}.csv"))
    rows[1] |= change

    imported = stocked(kind, write_rows(tmp_path / "changed.csv", rows))

    assert imported.run.state == State.FAILED
    assert fault in {(bad.column, bad.code) for bad in imported.first if bad.line == 3}


def test_the_same_person_twice_is_named_however_they_are(stocked: Importer, tmp_path: Path) -> None:
    known = next(read(stocked.folder / "customers.csv"))
    path = write(
        tmp_path / "customers.csv",
        "external_id,email,name,phone,language",
        "one,ada@example.org,Ada,,",
        "two,ADA@example.org,Ada again,,",
        f"{known['external_id']},,By id,,",
        f",{known['email']},By e-mail,,",
        f"three,{known['email']},Somebody else,,",
    )
    imported = stocked("customers", path)
    assert [(bad.line, bad.column, bad.code) for bad in imported.first] == [
        (3, "email", "duplicate"),
        (5, "email", "duplicate"),
        (6, "email", "duplicate"),
        (6, "email", "duplicate"),
    ]


def test_a_bundle_may_stand_above_what_it_holds(stocked: Importer, tmp_path: Path) -> None:
    header = ",".join(next(read(stocked.folder / "items.csv")))
    path = write(
        tmp_path / "items.csv",
        header,
        "PAIR,PAIR,Two of them,,,,,,,new,10,,,,,,SINGLE:2",
        "SINGLE,SINGLE,One of them,,,,,,,new,5,,,,,,",
    )
    assert counters(stocked("items", path).run) == (2, 0, 0)


def test_a_bundle_without_its_component_is_not_applied(stocked: Importer, tmp_path: Path) -> None:
    header = ",".join(next(read(stocked.folder / "items.csv")))
    path = write(
        tmp_path / "items.csv",
        header,
        "PAIR,PAIR,Two of them,,,,,,,new,10,,,,,,SINGLE:2",
        "SINGLE,SINGLE,One of them,,,,,,,new,none,,,,,,",
        "OTHER,OTHER,Something else,,,,,,,new,5,,,,,,",
    )
    imported = stocked("items", path, apply_good=True)
    assert [(bad.line, bad.column) for bad in imported.first] == [
        (2, "components"),
        (3, "weight_g"),
    ]
    assert counters(imported.run) == (1, 0, 0)


def test_a_title_in_one_more_language_is_one_more_column(stocked: Importer, tmp_path: Path) -> None:
    header = ",".join(next(read(stocked.folder / "items.csv"))).replace("title_it", "title_de-CH")
    path = write(tmp_path / "items.csv", header, "HAT,HAT,Hat,Hut,,,,,,new,5,,,,,,")
    assert counters(stocked("items", path).run) == (1, 0, 0)
    file = StringIO(newline="")
    stocked.database.read(lambda tx: export_file(tx, KINDS["items"], NOW, Format.CSV, file))
    assert file.getvalue().startswith("sku,product,title,title_de-CH,title_it,gtin")


def test_a_zone_is_applied_whole_or_not_at_all(stocked: Importer, tmp_path: Path) -> None:
    path = write(
        tmp_path / "zones.csv",
        "zone,country,postal_from,postal_to",
        "west,IT,10,19",
        "east,IT,30,39",
        "west,IT,29,20",
        "east,IT,40,49",
    )
    imported = stocked("zones", path, apply_good=True)
    assert [(bad.line, bad.code) for bad in imported.first] == [
        (2, "incomplete"),
        (4, "out_of_bounds"),
    ]
    assert counters(imported.run) == (1, 0, 0)
    assert imported.run.done == 2


def test_an_unusable_file_ends_its_run_and_says_why(stocked: Importer, tmp_path: Path) -> None:
    path = write(tmp_path / "stock.csv", "location,sku,on_hand,as_of")
    with pytest.raises(Refusal) as refusal:
        stocked("stock", path)
    assert "has no rows" in refusals.explain(refusal.value)
    assert stocked.count("import_run where state = 'failed' and reason like '%no rows%'") == 1


def test_errors_never_overwrite_the_file(stocked: Importer, tmp_path: Path) -> None:
    path = write(tmp_path / "stock.errors", "location,sku,on_hand,as_of", "x,y,1,z")
    with pytest.raises(Refusal):
        stocked("stock", path)
    assert path.read_text().startswith("location")


@pytest.fixture
def typed(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """What a command typed answers: exit code, standard output, standard error."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    commands = typer.Typer()
    commands.command("import")(import_kind)
    commands.command("export")(export_kind)

    def run(*words: object) -> tuple[int, str, str]:
        done = CliRunner().invoke(commands, [str(word) for word in words])
        if isinstance(done.exception, Refusal):
            return 1, done.stdout, refusals.explain(done.exception)
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done.exit_code, done.stdout, done.stderr

    return run


def test_a_template_typed_into_a_file_is_imported_and_exported(
    typed: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "legal_entities.csv"
    code, template, _ = typed("import", "legal_entities", "--template")
    path.write_text(template)
    assert code == 0
    assert typed("import", "legal-entities", path) == (
        0,
        "2 rows applied: created 2, changed 0, unchanged 0.\n",
        "",
    )
    code, text, _ = typed("import", "legal-entities", path, "--json")
    told = json.loads(text)
    assert (told["state"], told["rows"], told["unchanged"]) == ("done", 2, 2)
    assert told["id"].startswith("imp_")

    out = tmp_path / "out.csv"
    assert typed("export", "legal-entities", "--out", out)[0] == 0
    assert sorted(out.read_text().splitlines()) == sorted(template.splitlines())
    assert typed("export", "legal-entities")[1] == out.read_text()


def test_bad_rows_are_shown_and_exit_one(
    typed: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    path = write(
        tmp_path / "entities.csv", "code,name,country,vat_id", "a,A,Italy,", "b,B,IT,", "a,C,IT,"
    )
    code, out, told = typed("import", "legal-entities", path)
    assert (code, out) == (1, "Nothing was applied: 2 of 3 rows are bad.\n")
    assert "line 2, country: This has another shape than IT. (Italy)" in told
    assert "line 4, code: Line 2 names the same. (a)" in told
    assert f"{path}.errors.csv" in told.replace("\n", "")

    code, out, _ = typed("import", "legal-entities", path, "--apply-good")
    assert (code, out) == (
        0,
        "1 rows applied: created 1, changed 0, unchanged 0; 2 bad rows left out.\n",
    )
    code, out, _ = typed("import", "legal-entities", path, "--dry-run")
    assert (code, out) == (1, "1 rows could be applied, 2 could not; nothing was.\n")


def test_wrong_usage_is_told_in_one_line(
    typed: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    assert typed("import", "everything", tmp_path)[0] == 2
    assert typed("import", "stock")[0] == 2
    assert typed("export", "everything")[0] == 2
    assert typed("import", "stock", tmp_path / "none.csv") == (
        1,
        "",
        f"{NOT_USABLE} none.csv cannot be read: no such file or directory.",
    )
    assert typed("export", "stock", "--out", tmp_path)[0] == 1
