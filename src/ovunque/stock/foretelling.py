"""What counts would make of their levels, for whoever looks before they are booked."""

from collections.abc import Mapping

from ovunque.platform.database import Tx
from ovunque.stock import rules
from ovunque.stock.counting import CountRequest, added_to, by_our_clock
from ovunque.stock.model import Key, StockLevel
from ovunque.stock.reading import list_levels_of
from ovunque.stock.store import foretelling as store


def foretell(tx: Tx, request: CountRequest) -> Mapping[Key, int]:
    """By how many units each level would change, were the counts booked now; nothing is locked.

    Of one moment with the booking where the levels are locked.
    """
    counts = by_our_clock(request)
    here = {each.key: each for each in list_levels_of(tx, sorted({e.key.sku for e in counts}))}
    levels = [here.get(each.key) or _nothing(each.key) for each in counts]
    added = added_to(tx, request, levels, counts)
    return {
        each.key: each.on_hand + rules.unrecorded(each.on_hand, each.adjusted) - each.before
        for each in store.list_foretold(tx, request.source, counts, added)
    }


def _nothing(key: Key) -> StockLevel:
    return StockLevel(key=key, on_hand=0, unavailable=0, reserved=0, version=0)
