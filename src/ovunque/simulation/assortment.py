"""The demo retailer's items: pieces by color and size, second-hand pieces, bundles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, count, islice, product
from random import Random

from ovunque.simulation.rows import ItemRow
from ovunque.simulation.sizes import Size
from ovunque.simulation.wardrobe import COLORS, GARMENTS, LINES, ONE_SIZE, SETS, STYLES, Garment

# GS1 keeps the prefixes 20 to 29 for numbers that mean something inside one company only.
GTIN_PREFIX = "20"
RANK_OFFSET = 5  # Flattens the head: in fashion no single size sells like a best-seller book.
SECOND_HAND = {"refurbished": 75, "used_a": 60, "used_b": 40}  # Price in percent of the new one.
BUNDLE_PERCENT = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Assortment:
    """The items, and beside each how often it is asked for."""

    items: tuple[ItemRow, ...]
    popularity: tuple[float, ...]


def build_assortment(size: Size, today: date, rng: Random) -> Assortment:
    """Exactly as many items as asked for, their popularity by Zipf's law."""
    pieces = tuple(islice(new_pieces(today, rng), size.items - size.used_items - size.bundles))
    rows = chain(
        pieces, second_hand_pieces(pieces, size.used_items, rng), bundles(pieces, size.bundles, rng)
    )
    items = tuple(replace(row, gtin=gtin(serial)) for serial, row in enumerate(rows, start=1))
    ranks = rng.sample(range(len(items)), len(items))
    return Assortment(items=items, popularity=tuple(1 / (rank + RANK_OFFSET) for rank in ranks))


def new_pieces(today: date, rng: Random) -> Iterator[ItemRow]:
    """Style after style, without an end, each in two or three colors and all its sizes."""
    for number in count(1):
        garment = GARMENTS[(number - 1) % len(GARMENTS)]
        style = draw_style(garment, number, today, rng)
        colors = rng.sample(COLORS, rng.randint(2, 3))
        for (code, color, color_it), size in product(colors, garment.sizes):
            sized = "" if size in ONE_SIZE else f", {size}"
            yield replace(
                style,
                sku=f"{style.product}-{code}-{size}",
                title=f"{style.title}, {color}{sized}",
                title_it=f"{style.title_it}, {color_it}{sized}",
                color=color,
                size=size,
            )


def draw_style(garment: Garment, number: int, today: date, rng: Random) -> ItemRow:
    """What all colors and sizes of a product have in common."""
    line, level_percent = rng.choice(LINES)
    name = rng.choice(STYLES)
    fabric, fabric_it = rng.choice(garment.fabrics)
    price_euros = rng.randint(*garment.price_euros) * level_percent // 100
    length_mm, width_mm, height_mm = garment.packed_mm
    return ItemRow(
        sku="",
        product=f"{garment.code}{number:04}",
        title=f"{line} {name} {fabric} {garment.name}",
        title_it=f"{garment.name_it} {name} {fabric_it} {line}",
        gtin="",
        category=garment.category,
        season=rng.choice((season(today), season(today), "carryover")),
        color="",
        size="",
        condition="new",
        weight_g=garment.weight_g * rng.randint(85, 115) // 100,
        length_mm=length_mm,
        width_mm=width_mm,
        height_mm=height_mm,
        price_cents=price_euros * 100,
        cost_cents=price_euros * rng.randint(26, 36),
        components={},
    )


def season(today: date) -> str:
    """What hangs in the shops: spring and summer from March to August, else fall and winter."""
    if 3 <= today.month <= 8:
        return f"SS{today:%y}"
    started = today.year if today.month > 8 else today.year - 1
    return f"FW{started % 100:02}"


def second_hand_pieces(pieces: Sequence[ItemRow], number: int, rng: Random) -> Iterator[ItemRow]:
    """Single pieces come back: each is an item of its own, of the same product."""
    for serial, piece in enumerate(rng.sample(pieces, number), start=1):
        condition, percent = rng.choice(tuple(SECOND_HAND.items()))
        yield replace(
            piece,
            sku=f"{piece.sku}-U{serial:03}",
            title=f"{piece.title}, second-hand",
            title_it=f"{piece.title_it}, seconda mano",
            condition=condition,
            price_cents=piece.price_cents * percent // 10_000 * 100,
            cost_cents=piece.price_cents * percent // 250,
        )


def bundles(pieces: Sequence[ItemRow], number: int, rng: Random) -> Iterator[ItemRow]:
    """Sets of pieces, a little cheaper together."""
    by_category: dict[str, list[ItemRow]] = {}
    for piece in pieces:
        by_category.setdefault(piece.category, []).append(piece)
    possible = [each for each in SETS if each[2].keys() <= by_category.keys()]
    for serial in range(number):
        title, title_it, units = possible[serial % len(possible)]
        yield bundle(
            sku=f"SET{serial + 1:03}",
            title=title,
            title_it=title_it,
            parts=[(rng.choice(by_category[category]), units[category]) for category in units],
        )


def bundle(*, sku: str, title: str, title_it: str, parts: Sequence[tuple[ItemRow, int]]) -> ItemRow:
    """A set on sale as one item: as heavy as its parts, which lie upon each other."""
    full_price_cents = sum(piece.price_cents * units for piece, units in parts)
    return replace(
        parts[0][0],
        sku=sku,
        product=sku,
        title=title,
        title_it=title_it,
        category="sets",
        color="",
        size="",
        weight_g=sum(piece.weight_g * units for piece, units in parts),
        length_mm=max(piece.length_mm for piece, _ in parts),
        width_mm=max(piece.width_mm for piece, _ in parts),
        height_mm=sum(piece.height_mm * units for piece, units in parts),
        price_cents=full_price_cents * BUNDLE_PERCENT // 10_000 * 100,
        cost_cents=sum(piece.cost_cents * units for piece, units in parts),
        components={piece.sku: units for piece, units in parts},
    )


def gtin(serial: int) -> str:
    """A GTIN-13 of our own range: prefix, serial number, check digit."""
    digits = f"{GTIN_PREFIX}{serial:010}"
    weighted = sum(int(digit) * (1, 3)[at % 2] for at, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"
