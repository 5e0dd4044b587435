"""Counts by the thousand, as columns."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from ovunque.stock.model import Count, CountColumns, Key
from ovunque.stock.model.feeding import Source


def columns_of(counts: Iterable[Count]) -> CountColumns:
    """Counts in the order of their keys; of those of one level the newest, then the lowest."""
    newest: dict[Key, Count] = {}
    for each in sorted(counts, key=lambda each: (each.key, each.as_of, -each.on_hand)):
        newest[each.key] = each
    return CountColumns(
        skus=[each.key.sku for each in newest.values()],
        location_ids=[str(each.key.location_id) for each in newest.values()],
        on_hands=[each.on_hand for each in newest.values()],
        as_ofs=[each.as_of for each in newest.values()],
    )


def counts_of(told: CountColumns) -> Sequence[Count]:
    """The same one by one."""
    rows = zip(told.skus, told.location_ids, told.on_hands, told.as_ofs, strict=True)
    return [
        Count(key=Key(sku, UUID(at)), on_hand=on_hand, as_of=as_of)
        for sku, at, on_hand, as_of in rows
    ]


def taken(told: CountColumns, places: Iterable[int]) -> CountColumns:
    """Some of them, in the same order."""
    some = list(places)
    return replace(
        told,
        skus=[told.skus[at] for at in some],
        location_ids=[told.location_ids[at] for at in some],
        on_hands=[told.on_hands[at] for at in some],
        as_ofs=[told.as_ofs[at] for at in some],
    )


def joined(one: CountColumns, other: CountColumns) -> CountColumns:
    """Both, in the order of their keys."""
    both = CountColumns(
        skus=[*one.skus, *other.skus],
        location_ids=[*one.location_ids, *other.location_ids],
        on_hands=[*one.on_hands, *other.on_hands],
        as_ofs=[*one.as_ofs, *other.as_ofs],
        places=one.places,
    )
    keys = list(zip(both.skus, both.location_ids, strict=True))
    return taken(both, sorted(range(len(keys)), key=keys.__getitem__))


def parts_of(told: CountColumns, rows_max: int) -> Iterator[CountColumns]:
    """All of them, so many at a time."""
    total = len(told.skus)
    if total <= rows_max:
        yield told
        return
    for start in range(0, total, rows_max):
        some = slice(start, start + rows_max)
        yield replace(
            told,
            skus=told.skus[some],
            location_ids=told.location_ids[some],
            on_hands=told.on_hands[some],
            as_ofs=told.as_ofs[some],
        )


def by_our_clock(source: Source, told: CountColumns) -> CountColumns:
    """Moments of the source's clock, corrected."""
    if not source.ahead:
        return told
    return replace(told, as_ofs=[as_of - source.ahead for as_of in told.as_ofs])
