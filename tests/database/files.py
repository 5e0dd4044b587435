"""Importing the demo retailer's files, and files made by a test."""

import csv
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from random import Random

from tests.factories import NOW, TESTER

from ovunque.furnishing import intake_of
from ovunque.integrations.files.importing import import_file
from ovunque.integrations.files.kind import Kind
from ovunque.integrations.files.kinds import ORDERED, find_kind
from ovunque.integrations.files.runs import Imported, ImportRequest, Run, State, Step, Tools
from ovunque.kernel.ids import NewId
from ovunque.platform.database import Database
from ovunque.simulation.files import write_files
from ovunque.simulation.retailer import build_retailer
from ovunque.simulation.sizes import SMALL

Tell = Callable[[Step], None]


def write_retailer(folder: Path) -> Path:
    """The folder, with the demo retailer's files in it."""
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
        complete: bool = False,
        dry_run: bool = False,
    ) -> Imported:
        found = find_kind(kind)
        assert found is not None
        path = path or self.file_of(kind)
        request = ImportRequest(
            kind=found,
            path=path,
            errors=path.with_suffix(".errors"),
            apply_good=apply_good,
            complete=complete,
            dry_run=dry_run,
        )
        tools = Tools(clock=lambda: NOW, new_id=self.new_id, tell=tell, door=intake_of)
        return import_file(self.database, TESTER, request, tools)

    def all_but_stock(self) -> None:
        for kind in self.kinds():
            if kind.name not in ("stock", "pieces"):
                assert self(kind.name).run.state == State.DONE

    def kinds(self) -> list[Kind]:
        """Those that the retailer has a file of."""
        return [each for each in ORDERED if self.file_of(each.name).exists()]

    def file_of(self, kind: str) -> Path:
        return self.folder / f"{kind.replace('-', '_')}.csv"

    def count(self, table: str) -> int:
        row = self.database.read(lambda tx: tx.execute(f"select count(*) from {table}").fetchone())
        assert row is not None
        return int(row[0])


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
