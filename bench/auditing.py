"""Speed that loses a unit is worth nothing: every run ends with a look at what it has written."""

from collections import Counter
from collections.abc import Mapping, Sequence

from bench.points import Point
from bench.stage import FLOORS, Stage
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database, DatabaseSizes, Tx

WORDS = {
    "customer_order": "orders",
    "order_line": "units on order lines",
    "reservation": "units reserved for them",
    "stock_level": "units that levels count as reserved",
}


def audit(stage: Stage, points: Sequence[Point], units: Mapping[str, int]) -> list[str]:
    """What is wrong with the data, in our databases and in that of the floors; nothing is right."""
    found: list[str] = []
    counted: Counter[str] = Counter()
    for name in (*stage.sold, FLOORS):
        with Database(stage.cluster.url(name), DatabaseSizes(connections_max=2)) as database:
            found += [f"{name}: {violation}" for violation in check_now(database)]
            if name != FLOORS:
                counted.update(database.transact(count))
    orders, sold = told_by_clients(points, units)
    wanted = {"customer_order": orders, **dict.fromkeys([*WORDS][1:], sold)}
    found += [
        f"clients were told of {wanted[name]}, there are {counted[name]} {WORDS[name]}"
        for name in WORDS
        if counted[name] != wanted[name]
    ]
    return [*found, *failures(points)]


def told_by_clients(points: Sequence[Point], units: Mapping[str, int]) -> tuple[int, int]:
    """Orders that clients were told of, and the units in them; the floors have their own."""
    orders = sold = 0
    for point in points:
        each = next((n for name, n in units.items() if point.name.startswith(name)), 0)
        orders += point.accepted if each else 0
        sold += point.accepted * each
    return orders, sold


def failures(points: Sequence[Point]) -> list[str]:
    return [
        f"{point.name}, {point.clients} clients: {point.failed} failed {' '.join(point.wrong)}"
        for point in points
        if point.failed
    ]


def count(tx: Tx) -> Mapping[str, int]:
    """Orders, and sold units as three tables know them."""
    tx.execute("set local statement_timeout = 0")
    row = tx.execute(
        """
        select (select count(*) from customer_order),
               (select coalesce(sum(ordered - unplaced - backordered - canceled), 0)
                  from order_line),
               (select coalesce(sum(quantity), 0) from reservation where state = 'allocated'),
               (select coalesce(sum(reserved), 0) from stock_level)
        """
    ).fetchone()
    assert row is not None
    return {name: int(value) for name, value in zip(WORDS, row, strict=True)}
