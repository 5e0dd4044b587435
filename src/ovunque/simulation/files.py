"""The demo retailer as the files it would import, in the order in which they are imported."""

import csv
from collections.abc import Iterable
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import Any

from ovunque.simulation.retailer import Retailer
from ovunque.simulation.rows import (
    CapRow,
    CarrierRow,
    ChannelRow,
    ClosureRow,
    CustomerRow,
    FactorRow,
    HoursRow,
    IncomingRow,
    ItemRow,
    LaneRow,
    LegalEntityRow,
    LocationRow,
    PieceRow,
    StockRow,
    TransitRow,
    ZoneRow,
)


def write_files(folder: Path, retailer: Retailer) -> tuple[Path, ...]:
    """The paths of the files, one for each kind and named by it, in the order of import."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for kind, (row_type, rows) in tables(retailer).items():
        paths.append(folder / f"{kind}.csv")
        write_rows(paths[-1], row_type, rows)
    return tuple(paths)


def tables(retailer: Retailer) -> dict[str, tuple[type, Iterable[Any]]]:
    """The rows of each kind; what refers to codes stands below what brings them."""
    return {
        "legal_entities": (LegalEntityRow, retailer.legal_entities),
        "locations": (LocationRow, (*retailer.locations, *retailer.pickup_points)),
        "hours": (HoursRow, retailer.hours),
        "closures": (ClosureRow, retailer.closures),
        "channels": (ChannelRow, retailer.channels),
        "items": (ItemRow, retailer.assortment.items),
        "carriers": (CarrierRow, retailer.carriers),
        "zones": (ZoneRow, retailer.zones),
        "lanes": (LaneRow, retailer.lanes),
        "transit": (TransitRow, retailer.transit),
        "volume_caps": (CapRow, retailer.caps),
        "emission_factors": (FactorRow, retailer.factors),
        "stock": (StockRow, retailer.stock()),
        "pieces": (PieceRow, retailer.pieces()),
        "incoming": (IncomingRow, retailer.incoming),
        "customers": (CustomerRow, (each.customer for each in retailer.shoppers)),
    }


def write_rows(path: Path, row_type: type, rows: Iterable[Any]) -> None:
    """A CSV file (RFC 4180, UTF-8): the row's fields as the header, then the rows."""
    columns = [each.name for each in fields(row_type)]
    values = attrgetter(*columns)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(map(cells, map(values, rows)))


def cells(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(cell(value) for value in values)


def cell(value: Any) -> Any:
    """Lists as `a;b`, pairs as `a:1;b:2`; text and numbers as they are."""
    if isinstance(value, tuple):
        return ";".join(map(str, value))
    if isinstance(value, dict):
        return ";".join(f"{key}:{each}" for key, each in value.items())
    return value
