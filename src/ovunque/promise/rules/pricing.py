"""A table of what customers pay, checked: for rows that mean nothing, and for gaps."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from ovunque.delivery.model import Service
from ovunque.kernel.refusal import Fault
from ovunque.promise.model import EVERY_CHANNEL, EVERYWHERE, PriceBook, PriceGap, PriceRow

ROWS_MAX = 2_000
PRICE_MAX = 10_000_000
GOODS_MAX = 1_000_000_000


def gaps(rows: Sequence[PriceRow], channels: Collection[str]) -> tuple[PriceGap, ...]:
    """Services without a price from nothing on, everywhere, by channel."""
    book = PriceBook(rows)
    return tuple(
        PriceGap(channel=channel, service=service)
        for channel in sorted(channels)
        for service in Service
        if book.find(channel, service, EVERYWHERE, 0) is None
    )


def faults(
    rows: Sequence[PriceRow], channels: Collection[str], zones: Collection[str]
) -> Iterator[Fault]:
    """What no table may say, row by row."""
    if len(rows) > ROWS_MAX:
        yield Fault("/rows", "out_of_bounds", f"At most {ROWS_MAX} rows.")
        return
    times = Counter(row.key for row in rows)
    for nth, row in enumerate(rows):
        for name, detail in _faults(row, channels, zones):
            yield Fault(f"/rows/{nth}/{name}", *detail)
        if times[row.key] > 1:
            yield Fault(f"/rows/{nth}", "repeated", "Another row is for the same.")


def _faults(
    row: PriceRow, channels: Collection[str], zones: Collection[str]
) -> Iterator[tuple[str, tuple[str, str]]]:
    if row.channel != EVERY_CHANNEL and row.channel not in channels:
        yield "channel", ("unknown_reference", "There is no such channel.")
    if row.service not in set(Service):
        yield "service", ("not_allowed", "There is no such service.")
    if row.zone != EVERYWHERE and row.zone not in zones:
        yield "zone", ("unknown_reference", "There is no such zone.")
    if not 0 <= row.goods_from <= GOODS_MAX:
        yield "goods_from", ("out_of_bounds", f"From 0 to {GOODS_MAX}.")
    if not 0 <= row.price <= PRICE_MAX:
        yield "price", ("out_of_bounds", f"From 0 to {PRICE_MAX}.")
