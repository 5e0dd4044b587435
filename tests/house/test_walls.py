"""Tables that name a location: walled by row-level security, or known to be open to all stores."""

import re
from collections.abc import Iterable

from tests.house.source import keeps

from ovunque.platform.migrating import list_migrations

WALLED = (
    *("fulfillment", "offer", "parcel", "manifest", "carrier_pickup", "device", "transfer"),
    *("store_reservation", "pickup_question", "shelf_count", "shelf_count_item"),
    "shelf_count_scan",
)
# Tables that name a location and are no store's secret: stock is seen by all stores, and what
# belongs to the house as a whole is not shown to stores at all.
OPEN = {
    *("closure", "delivery", "fulfillment_missing", "handling_days", "location_evidence"),
    *("location_group_member", "opening_hours", "protection", "reservation", "shortage"),
    *(
        "stock_complete",
        "stock_confirmed",
        "stock_count_task",
        "stock_feed_aside",
        "stock_feed_before",
        "stock_feed_complete",
        "stock_feed_count",
        "stock_feed_task",
    ),
    *("stock_incoming", "stock_level", "stock_movement", "stock_unavailable", "item_piece"),
    *("unit_worth", "pickup_term"),
    *("person", "person_place", "offer_habit", "location_exclusion"),  # Not shown to stores at all.
}

TABLE = re.compile(r"^create table (\w+) \((.*?)^\)", re.MULTILINE | re.DOTALL)
NAMES = re.compile(r"^\s*(location_id|from_id)\s+uuid", re.MULTILINE)


def undecided(texts: Iterable[str]) -> list[str]:
    """Tables with a location of which nobody said whether other stores may read them."""
    tables = [found for text in texts for found in TABLE.findall(text)]
    return [
        f"{name}: add a policy as in 0082_row_security.sql, or name it among the open ones"
        for name, columns in tables
        if NAMES.search(columns) and name not in OPEN | set(WALLED)
    ]


def test_every_table_with_a_location_is_walled_or_known_to_be_open() -> None:
    keeps(undecided(each.text for each in list_migrations()))


def test_a_missing_policy_is_found() -> None:
    planted = "create table secret_list (\n  id uuid,\n  location_id uuid not null\n);"
    assert undecided([planted]) == [
        "secret_list: add a policy as in 0082_row_security.sql, or name it among the open ones"
    ]
