"""Files of items: titles by language, barcodes, and bundles with what they hold."""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ovunque.access.model import Actor
from ovunque.catalog import rules
from ovunque.catalog.model import ItemRequest
from ovunque.catalog.rules import Surroundings
from ovunque.catalog.saving import save_items
from ovunque.integrations.files import standing
from ovunque.integrations.files.cells import LIST, NONE, NUMBER, PAIRS, TEXT, WHOLE
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.kind import Export, Saved
from ovunque.integrations.files.table import Faults, Table
from ovunque.kernel.ids import NewId
from ovunque.platform.database import Tx

TITLE = "title"  # In English; other languages stand in title_it and so on.
OTHER_TITLE = re.compile("title_([a-z]{2}(?:-[A-Z]{2})?)")


class ItemsAround:
    """What stands and what the rows bring, together: a component may stand anywhere in a file.

    A file that moves a barcode, or turns a single item into a bundle, is judged more strictly
    than its end would need: rows are applied a portion at a time, each right by itself.
    """

    looks = 2

    def __init__(self, items: Iterable[ItemRequest]) -> None:
        self._skus: set[str] = set()
        self._bundles: set[str] = set()
        self._parts: set[str] = set()
        self._owners: dict[str, str] = {}
        for item in items:
            self._add(item)

    def _add(self, item: ItemRequest) -> None:
        self._skus.add(item.sku)
        if item.components:
            self._bundles.add(item.sku)
            self._parts.update(sku for sku, _ in item.components)
        for gtin in item.gtins:
            self._owners.setdefault(rules.full_gtin(gtin), item.sku)

    def keys(self, request: ItemRequest) -> Iterable[tuple[str, Hashable]]:
        return (("sku", request.sku),)

    def meet(self, request: ItemRequest) -> Faults:
        """What the row itself shows, and whose its barcodes are."""
        faults = rules.check_item(request)
        if faults:
            return faults
        single = replace(request, components=())
        around = Surroundings(skus=(), bundles=(), parts=(), owners=self._owners)
        taken = tuple(rules.check_surroundings(single, around))
        if not taken:
            self._add(request)
        return taken

    def meet_again(self, request: ItemRequest) -> Faults:
        """What a bundle holds."""
        if not request.components:
            return ()
        around = Surroundings(skus=self._skus, bundles=self._bundles, parts=self._parts, owners={})
        return rules.check_surroundings(request, around)


def build_item(**values: Any) -> ItemRequest:
    titles = {"en": values.pop(TITLE)}
    for column in [name for name in values if OTHER_TITLE.fullmatch(name)]:
        if title := values.pop(column):
            titles[column.removeprefix("title_")] = title
    return ItemRequest(titles=titles, **values)


def title_column(name: str) -> Column | None:
    return Column(name, NONE) if OTHER_TITLE.fullmatch(name) and name != "title_en" else None


def title_name(language: str) -> str:
    return TITLE if language == "en" else f"title_{language}"


def column_at(pointer: str) -> str:
    """`/titles/it` stands in `title_it`, `/gtins/0` in `gtin`."""
    field, _, rest = pointer[1:].partition("/")
    if field == "titles":
        return title_name(rest or "en")
    return "gtin" if field == "gtins" else field


def save(tx: Tx, by: Actor, requests: Sequence[ItemRequest], now: datetime, _: NewId) -> Saved:
    return save_items(tx, by, requests, now)


def export(tx: Tx, _: datetime) -> Export:
    """With a column for each language that any title has."""
    languages = {each for item in standing.items(tx) for each in item.titles}
    others = tuple(Column(title_name(each), NONE) for each in sorted(languages - {"en"}))
    at = COLUMNS.names.index(TITLE) + 1
    columns = (*COLUMNS.fixed[:at], *others, *COLUMNS.fixed[at:])
    return Export(columns=columns, rows=export_rows(tx, columns))


def export_rows(tx: Tx, columns: Sequence[Column]) -> Iterator[Mapping[str, Any]]:
    plain = [each for each in columns if not each.name.startswith(TITLE)]
    for item in standing.items(tx):
        titles = {title_name(language): title for language, title in item.titles.items()}
        yield {each.name: getattr(item, each.field or each.name) for each in plain} | titles


COLUMNS = Columns(
    fixed=(
        Column("sku", TEXT),
        Column("product", TEXT),
        Column(TITLE, TEXT),
        Column("gtin", LIST, "gtins"),
        Column("category", NONE),
        Column("season", NONE),
        Column("color", NONE),
        Column("size", NONE),
        Column("condition", TEXT),
        Column("weight_g", WHOLE),
        Column("length_mm", NUMBER),
        Column("width_mm", NUMBER),
        Column("height_mm", NUMBER),
        Column("price_cents", NUMBER),
        Column("cost_cents", NUMBER),
        Column("components", PAIRS),
    ),
    more=title_column,
)
ITEMS = Table(
    name="items",
    columns=COLUMNS,
    build=build_item,
    around=lambda tx: ItemsAround(standing.items(tx)),
    save=save,
    export=export,
    column_at=column_at,
    stages=(lambda item: not item.components, lambda item: bool(item.components)),
    template="""\
sku,product,title,title_it,gtin,category,season,color,size,condition,weight_g,length_mm,\
width_mm,height_mm,price_cents,cost_cents,components
COAT-NAVY-M,COAT,"Wool coat, navy, M","Cappotto di lana, blu, M",4006381333931,coats,AW26,navy,M,\
new,1450,600,400,120,24900,9800,
COAT-SET-M,COAT-SET,"Wool coat twice, navy, M","Due cappotti di lana, blu, M",,coats,AW26,navy,M,\
new,2900,600,400,240,44900,,COAT-NAVY-M:2
""",
)
