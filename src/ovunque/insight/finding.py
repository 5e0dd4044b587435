"""Find an order by whatever somebody has of it: any fragment of anything."""

import re
from collections.abc import Mapping
from uuid import UUID

from ovunque.insight import store
from ovunque.insight.model import FoundOrder, OrderFilter
from ovunque.kernel.text import normal, search_key
from ovunque.orders import listing
from ovunque.platform.database import Tx
from ovunque.promise.model import Standing

FRAGMENT_LENGTH_MAX = 100
PHONE = re.compile(r"\+?[0-9 ()/.-]+")
NOT_DIGITS = re.compile(r"\D+")


def find_orders(
    tx: Tx, wanted: OrderFilter, before: UUID | None, limit: int
) -> tuple[FoundOrder, ...]:
    """Orders as they stand, newest first."""
    rows = store.list_orders(tx, wanted, patterns_of(wanted.q), before, limit)
    orders = {order.id: order for order in listing.list_by_id(tx, [row[0] for row in rows])}
    return tuple(
        FoundOrder(order=orders[id_], customer_name=name or "", customer_email=email)
        for id_, name, email in rows
    )


def count_unserved(tx: Tx) -> int:
    """How many orders have units that nobody serves yet."""
    return store.count_unserved(tx)


def count_endangered(tx: Tx) -> Mapping[Standing, int]:
    """How many orders have a promise that is at risk or late, and not at its end."""
    return store.count_endangered(tx)


def count_work(tx: Tx) -> Mapping[UUID, int]:
    """How many work orders each location has to do something about."""
    return store.count_work(tx)


def patterns_of(q: str | None) -> tuple[str, ...]:
    """What a fragment looks like to `like`, folded as the columns are; nothing for nothing.

    A phone number is found however its digits are grouped. Some columns are folded by the database,
    where a sharp s stays one.
    """
    told = normal((q or "")[:FRAGMENT_LENGTH_MAX]).strip()
    folded = search_key(told)
    if not folded:
        return ()
    digits = NOT_DIGITS.sub("", folded)
    spellings = [folded, told.lower()]
    if PHONE.fullmatch(folded) and digits:
        spellings.append(digits)
    return tuple(f"%{escaped(each)}%" for each in dict.fromkeys(spellings))


def escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
