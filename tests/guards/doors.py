"""The guards that keep a stranger outside."""

from tests.guards.guard import Guard, tests

STRANGERS = tests("web/test_strangers.py", "another_stores_things")

DOORS = (
    Guard(
        name="another store's parcel is not there",
        file="fulfillment/store/packing.py",
        snippet="""        {"id": parcel_id, "location_id": by.location_id},""",
        instead="""        {"id": parcel_id, "location_id": None},""",
        tests=STRANGERS,
    ),
    Guard(
        name="another store's manifest is not there",
        file="fulfillment/store/shipping.py",
        snippet="""        {"id": manifest_id, "location_id": by.location_id},""",
        instead="""        {"id": manifest_id, "location_id": None},""",
        tests=STRANGERS,
    ),
    Guard(
        name="other stores' transfers are not there",
        file="stock/store/transferring.py",
        snippet="""for update",
        {"id": transfer_id, "mine": by.location_id},""",
        instead="""for update",
        {"id": transfer_id, "mine": None},""",
        tests=STRANGERS,
    ),
    Guard(
        name="another store's orders are not named beside its stock",
        file="web/goods/item.py",
        snippet="in (None, key and key.location_id)",
        instead="not in ()",
        tests=STRANGERS,
    ),
    Guard(
        name="a key that lacks the scope of a route gets nowhere",
        file="api/call.py",
        snippet="    if not found.may(scope):",
        instead="    if False:",
        tests=tests("api/test_rights.py", "a_key_opens"),
    ),
    Guard(
        name="nobody hands on scopes that they lack",
        file="access/keeping.py",
        snippet="if beyond := rules.beyond(by, request.scopes):",
        instead="if beyond := ():",
        tests=tests("api/test_rights.py", "hands_on"),
    ),
)
