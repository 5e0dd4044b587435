"""The catalog's SQL."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from msgspec import to_builtins
from psycopg.rows import kwargs_row

from ovunque.catalog.model import Item, ItemFilter, ItemRequest, Piece, PieceRequest, Sought
from ovunque.platform.database import Tx, document

ITEM: LiteralString = """
select sku, version, product, titles,
       array(select gtin from item_gtin where item_gtin.sku = item.sku order by gtin) as gtins,
       category, season, color, size, condition, weight_g, length_mm, width_mm, height_mm,
       price_cents, cost_cents,
       (select json_agg(json_build_array(component_sku, quantity) order by component_sku)
          from item_component where bundle_sku = item.sku) as components
  from item
"""

TRAITS = ("product", "category", "condition")
SELLABLE: LiteralString = """
select sku, product, category, condition, weight_g, price_cents, color, size from item
"""

COMPONENTS: LiteralString = """
select bundle_sku, array_agg(component_sku order by component_sku),
       array_agg(quantity order by component_sku)
  from item_component
"""


def _item(**columns: Any) -> Item:
    gtins = tuple(columns.pop("gtins"))
    components = tuple((sku, quantity) for sku, quantity in columns.pop("components") or ())
    return Item(gtins=gtins, components=components, **columns)


def _list(
    tx: Tx, statement: str, *, prepare: bool | None = None, **values: Any
) -> tuple[Item, ...]:
    cursor = tx.cursor(row_factory=kwargs_row(_item))
    return tuple(cursor.execute(statement, values, prepare=prepare).fetchall())


def list_items_of(tx: Tx, skus: Collection[str]) -> dict[str, Item]:
    statement = ITEM + " where sku = any(%(skus)s::text[]) order by sku"
    return {each.sku: each for each in _list(tx, statement, skus=list(skus))}


def lock_items(tx: Tx, skus: Collection[str]) -> dict[str, Item]:
    """Those that exist, locked in sku order and read, with their parts, under the lock."""
    tx.execute(
        "select from item where sku = any(%(skus)s::text[]) order by sku for no key update",
        {"skus": list(skus)},
    )
    return list_items_of(tx, skus)


def list_items(
    tx: Tx, after: str, limit: int, filters: ItemFilter, sought: Sought
) -> tuple[Item, ...]:
    """Items in sku order; only what is asked for stands in the statement.

    It is planned each time: a rare word is found by its letters, a frequent one in sku order.
    """
    asked = [f"{name} = %({name})s" for name in TRAITS if getattr(filters, name) is not None]
    if sought.fragments:
        asked.append("fragments_of(search) @> %(fragments)s::text[]")
    words = {f"word_{nth}": word for nth, word in enumerate(sought.words)}
    asked += [f"position(%({name})s in search) > 0" for name in words]
    statement = f"""
        {ITEM}
         where {" and ".join(["sku > %(after)s", *asked])}
         order by sku
         limit %(limit)s
        """
    values = {"after": after, "limit": limit, "fragments": list(sought.fragments), **words}
    return _list(tx, statement, prepare=False, **values, **to_builtins(filters))


def list_bundles_with(tx: Tx, skus: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Pairs of a bundle and its component, of all bundles that hold one of these items."""
    rows = tx.execute(
        """
        select bundle_sku, component_sku from item_component
         where component_sku = any(%(skus)s::text[]) order by bundle_sku, component_sku
        """,
        {"skus": list(skus)},
    )
    return tuple((bundle, component) for bundle, component in rows)


def list_owners(tx: Tx, gtins: Iterable[str]) -> dict[str, str]:
    """The sku of each barcode that is somebody's."""
    rows = tx.execute(
        "select gtin, sku from item_gtin where gtin = any(%(gtins)s::text[]) order by gtin",
        {"gtins": list(gtins)},
    )
    return {gtin: sku for gtin, sku in rows}  # noqa: C416 - rows are tuples


def list_sellable(tx: Tx, skus: Collection[str] | None = None) -> list[tuple[Any, ...]]:
    """What the snapshot holds of some items or of all, as plain rows: there are many."""
    if skus is None:
        return tx.execute(SELLABLE + " order by sku").fetchall()
    statement = SELLABLE + " where sku = any(%(skus)s::text[]) order by sku"
    return tx.execute(statement, {"skus": list(skus)}).fetchall()


def list_components(
    tx: Tx, skus: Collection[str] | None = None
) -> dict[str, tuple[tuple[str, int], ...]]:
    """The components of some bundles or of all."""
    if skus is None:
        rows = tx.execute(COMPONENTS + " group by bundle_sku")
    else:
        statement = COMPONENTS + " where bundle_sku = any(%(skus)s::text[]) group by bundle_sku"
        rows = tx.execute(statement, {"skus": list(skus)})
    return {
        bundle: tuple(zip(components, quantities, strict=True))
        for bundle, components, quantities in rows
    }


def save_items(tx: Tx, rows: Iterable[tuple[ItemRequest, str]]) -> None:
    """Create or replace; each row comes with the text in which fragments of it are sought."""
    tx.execute(
        """
        insert into item (sku, product, titles, category, season, color, size, condition, weight_g,
                          length_mm, width_mm, height_mm, price_cents, cost_cents, search)
        select sku, product, titles, category, season, color, size, condition, weight_g,
               length_mm, width_mm, height_mm, price_cents, cost_cents, search
          from json_to_recordset(%(rows)s)
            as told (sku text collate "C", product text, titles jsonb, category text, season text,
                     color text, size text, condition text, weight_g int, length_mm int,
                     width_mm int, height_mm int, price_cents int, cost_cents int, search text)
         order by sku
        on conflict (sku) do update
           set product = excluded.product, titles = excluded.titles, category = excluded.category,
               season = excluded.season, color = excluded.color, size = excluded.size,
               condition = excluded.condition, weight_g = excluded.weight_g,
               length_mm = excluded.length_mm, width_mm = excluded.width_mm,
               height_mm = excluded.height_mm, price_cents = excluded.price_cents,
               cost_cents = excluded.cost_cents, search = excluded.search,
               version = item.version + 1
        """,
        {"rows": document([{"search": s, **to_builtins(each)} for each, s in rows])},
    )


def save_gtins(tx: Tx, requests: Collection[ItemRequest]) -> bool:
    """Give items exactly their barcodes; false when somebody outside the batch has one by now.

    A barcode moves between items of the batch only. Taken in order first, given up afterwards:
    two batches never wait for each other in a ring.
    """
    pairs = [(gtin, each.sku) for each in requests for gtin in each.gtins]
    values = {
        "skus": [each.sku for each in requests],
        "gtins": [gtin for gtin, _ in pairs],
        "owners": [sku for _, sku in pairs],
    }
    saved = tx.execute(
        """
        insert into item_gtin (gtin, sku)
        select gtin, sku
          from unnest(%(gtins)s::text[], %(owners)s::text[]) as told (gtin, sku)
         order by gtin collate "C"
        on conflict (gtin) do update set sku = excluded.sku
         where item_gtin.sku = any(%(skus)s::text[])
        """,
        values,
    )
    tx.execute(
        """
        delete from item_gtin
         where sku = any(%(skus)s::text[]) and gtin <> all(%(gtins)s::text[])
        """,
        values,
    )
    return saved.rowcount == len(pairs)


def save_components(tx: Tx, requests: Collection[ItemRequest]) -> None:
    """Give items exactly their components."""
    told = [(each.sku, sku, quantity) for each in requests for sku, quantity in each.components]
    tx.execute(
        """
        with told as (
          select * from unnest(%(bundles)s::text[], %(components)s::text[], %(quantities)s::int[])
                     as told (bundle_sku, component_sku, quantity)
        ), gone as (
          delete from item_component
           where bundle_sku = any(%(skus)s::text[])
             and (bundle_sku, component_sku) not in (select bundle_sku, component_sku from told)
        )
        insert into item_component (bundle_sku, component_sku, quantity)
        select bundle_sku, component_sku, quantity from told
         order by bundle_sku collate "C", component_sku collate "C"
        on conflict (bundle_sku, component_sku) do update set quantity = excluded.quantity
        """,
        {
            "skus": [each.sku for each in requests],
            "bundles": [bundle for bundle, _, _ in told],
            "components": [component for _, component, _ in told],
            "quantities": [quantity for _, _, quantity in told],
        },
    )


PIECE: LiteralString = """
select piece.sku, piece.like_sku as "like", piece.serial, piece.note, piece.photos,
       piece.location_id, piece.listed_at, piece.withdrawn_at, item.condition, item.price_cents,
       item.cost_cents
  from item_piece as piece join item on item.sku = piece.sku
"""


def _pieces(tx: Tx, statement: LiteralString, **values: Any) -> tuple[Piece, ...]:
    def build(**columns: Any) -> Piece:
        return Piece(**{**columns, "photos": tuple(columns["photos"])})

    return tuple(tx.cursor(row_factory=kwargs_row(build)).execute(statement, values).fetchall())


def list_pieces_of(tx: Tx, skus: Collection[str]) -> dict[str, Piece]:
    statement = PIECE + " where piece.sku = any(%(skus)s::text[]) order by piece.sku"
    return {each.sku: each for each in _pieces(tx, statement, skus=list(skus))}


def list_pieces(tx: Tx, after: str, limit: int, like: str | None) -> tuple[Piece, ...]:
    statement = (
        PIECE
        + """
         where piece.sku > %(after)s
           and (%(like)s::text is null or piece.like_sku = %(like)s)
         order by piece.sku limit %(limit)s
        """
    )
    return _pieces(tx, statement, after=after, limit=limit, like=like)


def lock_pieces(tx: Tx, skus: Collection[str]) -> tuple[str, ...]:
    """Those of some items that are pieces, locked in sku order."""
    rows = tx.execute(
        """
        select sku from item_piece where sku = any(%(skus)s::text[])
         order by sku for no key update
        """,
        {"skus": list(skus)},
    )
    return tuple(row[0] for row in rows)


def list_serials(tx: Tx, serials: Collection[str]) -> dict[str, str]:
    """The piece of each serial that is somebody's."""
    rows = tx.execute(
        "select serial, sku from item_piece where serial = any(%(serials)s::text[])",
        {"serials": list(serials)},
    )
    return {serial: sku for serial, sku in rows}  # noqa: C416 - rows are tuples


def add_pieces(tx: Tx, rows: Iterable[tuple[PieceRequest, UUID]], now: datetime) -> None:
    tx.execute(
        """
        insert into item_piece (sku, like_sku, serial, note, photos, location_id, listed_at)
        select sku, like_sku, serial, note, photos, location_id, %(now)s
          from json_to_recordset(%(rows)s)
            as told (sku text, like_sku text, serial text, note text, photos text[],
                     location_id uuid)
         order by sku collate "C"
        """,
        {
            "rows": document(
                [
                    {"like_sku": each.like, "location_id": place, **to_builtins(each)}
                    for each, place in rows
                ]
            ),
            "now": now,
        },
    )


def save_withdrawn(tx: Tx, sku: str, now: datetime) -> None:
    tx.execute(
        "update item_piece set withdrawn_at = %(now)s where sku = %(sku)s",
        {"sku": sku, "now": now},
    )


def list_substitutes(tx: Tx, skus: Collection[str]) -> list[tuple[str, str, bool]]:
    """Of some items what may go instead, the best first, and whether the customer is asked."""
    rows = tx.execute(
        "select sku, instead, asks from item_substitute where sku = any(%s::text[])"
        " order by sku, nth",
        [list(skus)],
    )
    return [(sku, instead, asks) for sku, instead, asks in rows]


def save_substitutes(tx: Tx, sku: str, substitutes: Sequence[tuple[str, bool]]) -> None:
    """These and no others; the caller has checked them."""
    tx.execute("delete from item_substitute where sku = %s", [sku])
    tx.execute(
        """
        insert into item_substitute (sku, nth, instead, asks)
        select %(sku)s, nth - 1, instead, asks
          from unnest(%(skus)s::text[], %(asks)s::boolean[])
               with ordinality as told (instead, asks, nth)
        """,
        {
            "sku": sku,
            "skus": [each for each, _ in substitutes],
            "asks": [a for _, a in substitutes],
        },
    )
