"""Every kind of file: once in, out again, and each bad row named."""

from io import StringIO
from pathlib import Path

import pytest
from tests.database.files import (
    Importer,
    counters,
    read,
    stock_file,
    write,
    write_retailer,
    write_rows,
)
from tests.factories import NOW, TESTER

from ovunque.integrations.files.exporting import Format, export_file
from ovunque.integrations.files.kinds import KINDS, ORDERED
from ovunque.integrations.files.runs import State
from ovunque.kernel.ids import NewId
from ovunque.platform.database import Database
from ovunque.stock.model import Key, Movement, MovementKind
from ovunque.stock.moving import move


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


def test_every_file_of_a_retailer_is_imported_once(importer: Importer) -> None:
    for kind in importer.kinds():
        run = importer(kind.name).run
        rows = sum(1 for _ in read(importer.file_of(kind.name)))
        assert (run.state, run.rows, run.done, run.bad) == (State.DONE, rows, rows, 0)
        assert run.created + run.changed > 0
        assert run.unchanged == 0
    facts = importer.count("journal")

    for kind in importer.kinds():
        created, changed, unchanged = counters(importer(kind.name).run)
        assert (created, changed) == (0, 0)
        assert unchanged > 0
    assert importer.count("journal") == facts


@pytest.mark.parametrize("told", list(Format))
def test_what_is_exported_can_be_imported_and_changes_nothing(
    importer: Importer, told: Format, tmp_path: Path
) -> None:
    for kind in importer.kinds():
        importer(kind.name)
    for kind in importer.kinds():
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
    assert counters(run) == (0, 0, 2), "a count that finds what is there changes no number"
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


def test_names_come_in_a_file_and_go_out_with_what_has_none(
    database: Database, new_id: NewId, tmp_path: Path
) -> None:
    importer = Importer(database, new_id, tmp_path)
    for kind in ("carriers", "zones"):
        path = tmp_path / kind
        path.write_text(KINDS[kind].template)
        importer(kind, path)
    path = tmp_path / "names.csv"
    path.write_text("kind,code,name\ncarrier,postale,Postale\nzone,it-north,North\n")
    assert counters(importer("names", path).run) == (2, 0, 0)
    path.write_text(
        "kind,code,name\ncarrier,postale,Postale\nzone,it-north,\nzone,it-south,South\n"
    )
    assert counters(importer("names", path).run) == (1, 1, 1)
    file = StringIO(newline="")
    database.read(lambda tx: export_file(tx, KINDS["names"], NOW, Format.CSV, file))
    assert file.getvalue().split() == [
        "kind,code,name",
        "carrier,postale,Postale",
        "zone,it-north,",
        "zone,it-south,South",
    ]
    path.write_text(
        "kind,code,name\nzone,nowhere,X\nlocation,it-north,X\nzone,it-south,X\nzone,it-south,Y\n"
    )
    imported = importer("names", path)
    assert imported.run.state == State.FAILED
    assert {(each.line, each.column, each.code) for each in imported.first} == {
        (2, "code", "unknown_reference"),
        (3, "kind", "unknown_value"),
        (5, "code", "duplicate"),
    }
