"""The guards of what people do in stores."""

from tests.guards.guard import Guard, tests

COUNTS = "database/test_shelf_counts.py"

FLOOR = (
    Guard(
        name="in a store, a count is closed once",
        file="stock/store/counting_shelves.py",
        snippet="where id = %s for update",
        instead="where id = %s",
        tests=tests(COUNTS, "close_it_once"),
    ),
    Guard(
        name="in a store, another store's count is not there",
        file="stock/counting_shelves.py",
        snippet="""    count = store.lock_count(tx, count_id)
    if count is None or by.location_id not in (None, count.location_id):""",
        instead="""    count = store.lock_count(tx, count_id)
    if count is None:""",
        tests=tests(COUNTS, "close_it_once"),
    ),
    Guard(
        name="in a store, a scan that was told late is as old as it is",
        file="stock/counting_shelves.py",
        snippet="now - min(request.age, LATE_MAX)",
        instead="now",
        tests=tests(COUNTS, "sold_after"),
    ),
    Guard(
        name="in a store, nobody is asked to do what is kept back",
        file="fulfillment/offering.py",
        snippet="        and work.order_id not in held\n",
        instead="",
        tests=tests("database/test_keeping_back.py", "nobody_is_asked"),
    ),
    Guard(
        name="in a store, who has not begun is relieved of what is kept back",
        file="orders/keeping_back.py",
        snippet="    facts += keeping_back.stand_down(tx, by, order.fulfillments, now)\n",
        instead="",
        tests=tests("database/test_keeping_back.py", "relieved"),
    ),
    Guard(
        name="in a store, nothing is handed over before it is paid",
        file="orders/agreeing.py",
        snippet="    if agreed.unpaid:",
        instead="    if False:",
        tests=tests("database/test_pickup_agreements.py", "nothing_is_handed_over"),
    ),
    Guard(
        name="in a store, nobody gets instead what they did not agree to",
        file="orders/substituting.py",
        snippet="if rule.asks and request.consent is None:",
        instead="if False:",
        tests=tests("database/test_substitutes.py", "only_what_is_allowed"),
    ),
    Guard(
        name="in a store, a label whose sale was not heard of is looked for",
        file="integrations/carriers/easypost.py",
        snippet="found = self._find(client.shipment, key) or self._ask(",
        instead="found = self._ask(",
        tests=tests("database/test_easypost.py", "one_label"),
    ),
    Guard(
        name="in a store, customer care hears once of who does not answer",
        file="fulfillment/store/consulting.py",
        snippet="update pickup_question set reminded_at = %(now)s",
        instead="update pickup_question set reminded_at = null",
        tests=tests("database/test_refused_pickups.py", "told_once"),
    ),
)
