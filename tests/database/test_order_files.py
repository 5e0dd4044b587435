"""Orders that were sold elsewhere, as files: a row for each line, by the door of any order."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tests.factories import TESTER
from tests.shops import Shop, open_shop

from ovunque.customers.model import Collector
from ovunque.furnishing import intake_of
from ovunque.integrations.files import orders as order_files
from ovunque.integrations.files.exporting import Format, export_file
from ovunque.integrations.files.importing import import_file
from ovunque.integrations.files.kinds import KINDS
from ovunque.integrations.files.order_rows import COLUMNS
from ovunque.integrations.files.runs import Imported, ImportRequest, State, Step, Tools
from ovunque.kernel.ids import NewId
from ovunque.orders.agreeing import find_agreement
from ovunque.orders.checking import check_now
from ovunque.orders.listing import list_orders
from ovunque.orders.model import OnShortage, Order
from ovunque.platform.database import Database, Tx

ADA = {"channel": "web-it", "currency": "EUR", "customer_name": "Ada Rossi"}
ADA |= {"customer_email": "ada@example.org"}
HOME = {"service": "home", "street": "Via Dante 1", "postal_code": "20121"}
HOME |= {"city": "Milano", "country": "IT"}
FETCH = {"service": "collect", "location": "L001"}
FETCH |= {"collector_name": "Marco Rossi", "collector_phone": "+39 02 1234567"}


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, {("L001", "COAT"): 3, ("L002", "HAT"): 2}) as opened:
        yield opened
    assert check_now(database) == ()


def row(name: str, sku: str, quantity: int = 1, /, **more: str) -> dict[str, str]:
    told = {"external_id": name, "sku": sku, "quantity": str(quantity), "unit_price": "4990"}
    return dict.fromkeys(COLUMNS.names, "") | told | more


def two(quantity: int = 1) -> list[dict[str, str]]:
    """An order of two deliveries, one of them fetched; and one of what nobody has."""
    return [
        row("A-1", "COAT", quantity, **ADA, **HOME, notes="Ring twice"),
        row("A-1", "HAT", 1, **FETCH, delivery="1", discount="990"),
        row("A-1", "COAT", 1),
        row("A-2", "NO-SUCH-THING", 2, **ADA, **HOME),
    ]


def write(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS.names)
        writer.writeheader()
        writer.writerows(rows)
    return path


def bring(shop: Shop, path: Path, tell: Any = lambda _: None, **more: Any) -> Imported:
    errors = path.with_suffix(".errors")
    request = ImportRequest(kind=KINDS["orders"], path=path, errors=errors, **more)
    tools = Tools(clock=lambda: shop.now, new_id=shop.services.new_id, tell=tell, door=intake_of)
    return import_file(shop.database, TESTER, request, tools)


def placed(shop: Shop) -> dict[str, Order]:
    found = shop.database.read(
        lambda tx: list_orders(tx, channel_id=None, status=None, before=None, limit=100)
    )
    return {each.external_id or "": each for each in found}


def counters(imported: Imported) -> tuple[State, int, int, int]:
    run = imported.run
    return run.state, run.created, run.changed, run.unchanged


def facts(tx: Tx) -> Any:
    return tx.execute("select count(*) from journal").fetchall()


def test_orders_come_in_whatever_the_stock_and_once(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path / "orders.csv", two())
    assert counters(bring(shop, path)) == (State.DONE, 4, 0, 0)
    orders = placed(shop)
    first, second = orders["A-1"], orders["A-2"]
    assert first.on_shortage == OnShortage.ACCEPT
    assert [(line.sku, line.delivery, line.discount) for line in first.lines] == [
        ("COAT", 0, 0),
        ("HAT", 1, 990),
        ("COAT", 0, 0),
    ]
    assert (first.notes, [each.service for each in first.deliveries]) == (
        "Ring twice",
        ["home", "collect"],
    )
    assert [line.unplaced for line in second.lines] == [2]
    assert shop.level("L001", "COAT") == (3, 0, 2), "its goods are reserved like anybody's"
    agreed = shop.database.read(lambda tx: find_agreement(tx, first.id, 1))
    assert agreed.collector == Collector(name="Marco Rossi", phone="+39 02 1234567")
    assert shop.story(first)[0] == "order.placed"

    told = shop.database.read(facts)
    assert counters(bring(shop, path)) == (State.DONE, 0, 0, 4)
    other = write(tmp_path / "again.csv", two(quantity=3))
    assert counters(bring(shop, other)) == (State.DONE, 0, 0, 4), "by channel and external id"
    assert shop.database.read(facts) == told


@pytest.mark.parametrize(
    ("nth", "change", "column", "code"),
    [
        (0, {"channel": "moon"}, "channel", "unknown_reference"),
        (0, {"channel": ""}, "channel", "missing"),
        (0, {"currency": "CHF"}, "currency", "wrong_currency"),
        (0, {"customer_email": ""}, "customer_email", "missing"),
        (0, {"customer_email": "nobody"}, "customer_email", "malformed"),
        (0, {"service": ""}, "service", "missing"),
        (0, {"service": "by owl"}, "service", "not_allowed"),
        (0, {"street": ""}, "street", "malformed"),
        (0, {"country": "Italy"}, "country", "malformed"),
        (0, {"latitude": "91"}, "latitude", "out_of_bounds"),
        (1, {"location": "NOWHERE"}, "location", "unknown_reference"),
        (1, {"discount": "9999"}, "discount", "out_of_bounds"),
        (1, {"quantity": "0"}, "quantity", "out_of_bounds"),
        (1, {"quantity": "two"}, "quantity", "wrong_type"),
        (1, {"sku": " HAT"}, "sku", "malformed"),
        (2, {"customer_name": "Eva Neri"}, "customer_name", "contradiction"),
        (2, {"city": "Torino"}, "city", "contradiction"),
        (0, {"collector_name": "Marco"}, "collector_name", "unexpected"),
    ],
)
def test_a_bad_row_is_named_and_nothing_of_its_order_is_applied(
    shop: Shop, tmp_path: Path, nth: int, change: dict[str, str], column: str, code: str
) -> None:
    rows = two()
    rows[nth] |= change
    path = write(tmp_path / "orders.csv", rows)
    found = bring(shop, path)
    assert found.run.state == State.FAILED
    assert (nth + 2, column, code) in [(e.line, e.column, e.code) for e in found.first]
    assert {each.line for each in found.first} == {2, 3, 4}, "its other rows are left out too"
    assert placed(shop) == {}
    assert counters(bring(shop, path, apply_good=True)) == (State.DONE, 1, 0, 0)
    assert list(placed(shop)) == ["A-2"]


def test_the_rows_of_an_order_stand_together_and_can_be_read(shop: Shop, tmp_path: Path) -> None:
    first, _, last, other = two()
    apart = write(tmp_path / "apart.csv", [first, other, last | HOME])
    found = bring(shop, apart, apply_good=True)
    told = [(each.line, each.column, each.code) for each in found.first]
    assert told == [(2, "external_id", "order_incomplete"), (4, "external_id", "duplicate")]
    assert found.first[1].reason.startswith("Line 2 begins this order")
    assert list(placed(shop)) == ["A-2"], "not even a part of the other one"
    text = write(tmp_path / "torn.csv", [first, other]).read_text()
    head, one, two_ = text.splitlines()
    torn = tmp_path / "torn.csv"
    torn.write_text("\n".join([head, one, "A-1,too,few", two_]) + "\n")
    assert {each.line for each in bring(shop, torn).first} == {2, 3, 4}


def test_a_dry_run_stores_nothing(shop: Shop, tmp_path: Path) -> None:
    found = bring(shop, write(tmp_path / "orders.csv", two()), dry_run=True)
    assert (found.run.rows, found.run.bad) == (4, 0)
    assert placed(shop) == {}


def test_a_file_that_was_cut_off_goes_on_behind_what_is_placed(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_files, "ORDERS_AT_ONCE", 1)
    rows = [row(f"A-{nth}", "COAT", 1, **ADA, **HOME) for nth in range(6)]
    path = write(tmp_path / "orders.csv", rows)

    def cut(step: Step) -> None:
        if step.stage == "applying" and step.done >= 2:
            raise ConnectionError("the lights went out")

    with pytest.raises(ConnectionError):
        bring(shop, path, tell=cut)
    before = len(placed(shop))
    assert 2 <= before < 6
    imported = bring(shop, path)
    assert (imported.resumed, len(placed(shop)), imported.run.unchanged) == (before, 6, 0)


def test_what_is_exported_can_be_imported_and_changes_nothing(shop: Shop, tmp_path: Path) -> None:
    bring(shop, write(tmp_path / "orders.csv", two()))
    file = StringIO(newline="")
    rows = shop.database.read(
        lambda tx: export_file(tx, KINDS["orders"], shop.now, Format.CSV, file)
    )
    assert rows == 4
    path = tmp_path / "exported.csv"
    path.write_text(file.getvalue())
    found = {
        (e["external_id"], e["sku"], e["street"]) for e in csv.DictReader(StringIO(file.getvalue()))
    }
    assert ("A-1", "COAT", "Via Dante 1") in found
    assert counters(bring(shop, path)) == (State.DONE, 0, 0, 4)
