"""The guards of orders that are edited."""

from tests.guards.guard import Guard, tests

RACES = "database/test_editing_races.py"
ELSEWHERE = "database/test_editing_elsewhere.py"

EDITS = (
    Guard(
        name="who has seen another version of an order changes nothing",
        file="orders/editing.py",
        snippet="if request.version not in (None, before.version):",
        instead="if False:",
        tests=tests(RACES, "overwrite"),
    ),
    Guard(
        name="what has ended is not edited",
        file="orders/editing.py",
        snippet="    if before.status in ENDED:",
        instead="    if False:",
        tests=tests(RACES, "forgotten"),
    ),
    Guard(
        name="what somebody has taken on does not go elsewhere",
        file="orders/directing.py",
        snippet="elif is_moved and any(rules.is_begun(work) for work in works):",
        instead="elif False:",
        tests=tests(RACES, "takes_it_on"),
    ),
    Guard(
        name="what is packed goes where its label says",
        file="orders/directing.py",
        snippet="if any(rules.is_closed(work) for work in works):",
        instead="if False:",
        tests=tests(RACES, "being_packed"),
    ),
    Guard(
        name="no more is taken out of an order than is still here",
        file="orders/amending.py",
        snippet="            if -units > most:",
        instead="            if False:",
        tests=tests("database/test_editing.py", "is_packed"),
    ),
    Guard(
        name="an edit takes all that it asks for, or nothing",
        file="orders/rerouting.py",
        snippet="    if not missing:",
        instead="    if True:",
        tests=tests("database/test_editing.py", "more_than_there_is"),
    ),
    Guard(
        name="later than promised needs the customer's word",
        file="orders/rerouting.py",
        snippet="and arrival > agreed:",
        instead="and False:",
        tests=tests(ELSEWHERE, "customers_word"),
    ),
    Guard(
        name="where an order went before its edits is forgotten with it",
        file="orders/forgetting.py",
        snippet="contact_ids += edits.list_former_contacts(tx, ids)",
        instead="contact_ids += []",
        tests=tests(RACES, "forgotten"),
    ),
    Guard(
        name="a preview does nothing",
        file="orders/editing.py",
        snippet="with tx.transaction(force_rollback=True):",
        instead="with tx.transaction():",
        tests=tests("database/test_editing.py", "preview"),
    ),
    Guard(
        name="what changed after an edit is not turned back with it",
        file="orders/editing.py",
        snippet="not kept.undo or kept.version != order.version or order.status in ENDED",
        instead="not kept.undo",
        tests=tests("database/test_editing.py", "turned_back"),
    ),
)
