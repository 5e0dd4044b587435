"""What a customer pays: the nearest row, the highest threshold; and tables with gaps."""

import pytest

from ovunque.delivery.model import Service
from ovunque.promise.model import PriceBook, PriceRow
from ovunque.promise.rules.pricing import faults, gaps


def row(told: str) -> PriceRow:
    """A row as `channel/service/zone from price`; a dash is every channel, or everywhere."""
    where, goods_from, price = told.split()
    channel, service, zone = ("" if each == "-" else each for each in where.split("/"))
    return PriceRow(
        channel=channel, service=service, zone=zone, goods_from=int(goods_from), price=int(price)
    )


TABLE = [
    row(each)
    for each in (
        "-/home/- 0 490",
        "-/home/- 6900 0",
        "-/home/IT-south 0 690",
        "-/home/IT-south 9900 290",
        "shop/home/- 0 390",
        "shop/home/IT-isles 20000 0",
        "-/express/- 5000 990",
    )
]


@pytest.mark.parametrize(
    ("channel", "service", "zone", "goods", "price"),
    [
        ("web", "home", "IT-north", 6_899, 490),
        ("web", "home", "IT-north", 6_900, 0),
        ("web", "home", "IT-south", 6_900, 690),
        ("web", "home", "IT-south", 9_900, 290),
        ("shop", "home", "IT-south", 6_900, 390),
        ("shop", "home", "IT-isles", 19_999, 390),
        ("shop", "home", "IT-isles", 20_000, 0),
        ("web", "express", "", 4_999, None),
        ("web", "express", "", 5_000, 990),
        ("web", "reserve", "", 0, None),
    ],
)
def test_the_nearest_row_that_is_reached_decides(
    channel: str, service: str, zone: str, goods: int, price: int | None
) -> None:
    book = PriceBook(reversed(TABLE))
    assert book.find(channel, service, zone, goods) == price
    assert book.of(channel, service, zone, goods) == (price or 0)


def test_a_table_with_gaps_is_found() -> None:
    missing = {each.service for each in gaps(TABLE, ["web"])}
    assert missing == {*Service} - {"home"}, "express begins at fifty only"
    whole = [*TABLE, *(row(f"-/{each}/- 0 0") for each in missing)]
    assert gaps(whole, ["web", "shop"]) == ()


def test_rows_that_mean_nothing_are_found() -> None:
    odd = [
        row("moon/home/- 0 1"),
        row("-/beam/- 0 1"),
        row("-/home/moon 0 1"),
        row("-/home/- -1 1"),
        row("-/home/- 0 -1"),
        row("-/home/- 0 2"),
    ]
    found = [(each.pointer, each.code) for each in faults(odd, ["web"], ["IT-south"])]
    assert found == [
        ("/rows/0/channel", "unknown_reference"),
        ("/rows/1/service", "not_allowed"),
        ("/rows/2/zone", "unknown_reference"),
        ("/rows/3/goods_from", "out_of_bounds"),
        ("/rows/4/price", "out_of_bounds"),
        ("/rows/4", "repeated"),
        ("/rows/5", "repeated"),
    ]
