"""The guards of what carries everything: journal, database, writers, programs that come in."""

from tests.guards.guard import Guard, tests

SPINE = (
    Guard(
        name="readers stop before who may still write",
        file="platform/journal.py",
        snippet="then pg_snapshot_xmin(pg_current_snapshot())",
        instead="then '18446744073709551615'::xid8",
        tests=tests("database/test_journal.py", "loses_nothing", "may_still_write"),
    ),
    Guard(
        name="facts of an order are numbered without gaps",
        file="platform/journal.py",
        snippet="numbered.before + told.step",
        instead="numbered.before + 2 * told.step",
        tests=tests("database/test_journal.py", "no_gaps"),
    ),
    Guard(
        name="one worker at a time follows for a subscriber",
        file="platform/journal.py",
        snippet="for update skip locked",
        instead="",
        tests=tests("database/test_journal.py", "one_worker"),
    ),
    Guard(
        name="what happened cannot be changed",
        file="migrations/0001_ground.sql",
        snippet="revoke update, delete on journal from ovunque_system;",
        instead="",
        tests=tests("database/test_journal.py", "cannot_be_changed"),
    ),
    Guard(
        name="the higher version of a level wins",
        file="stock/snapshot.py",
        snippet="if cell[2] > self.version.item(at):",
        instead="if True:",
        tests=tests("database/test_stock.py", "higher_version"),
    ),
    Guard(
        name="a poisoned order fails alone",
        file="platform/batching.py",
        snippet="    if len(batch) == 1:\n",
        instead="    if batch:\n",
        tests=tests("rules/test_batching.py"),
    ),
    Guard(
        name="a full queue refuses",
        file="platform/batching.py",
        snippet="max(0, self._limits.queue_max - len(self._queue))",
        instead="len(asks)",
        tests=tests("rules/test_batching.py"),
    ),
    Guard(
        name="who waited too long is refused before they enter",
        file="platform/batching.py",
        snippet="(fresh if each.entered or each.since >= oldest else late).append(each)",
        instead="fresh.append(each)",
        tests=tests("rules/test_batching.py"),
    ),
    Guard(
        name="a writer repeats what was cut off",
        file="platform/database.py",
        snippet="except (*RETRIED, psycopg.OperationalError, errors.UniqueViolation):",
        instead="except RETRIED:",
        tests=tests("database/test_database.py", "cut_off", "answer_was_lost"),
    ),
    Guard(
        name="what a device sends twice is done once",
        file="web/stores/acting.py",
        snippet="        if idempotency.list_answers(tx, [name]):\n            return False\n",
        instead="",
        tests=tests("web/test_offline.py", "sends_twice"),
    ),
    Guard(
        name="after wrong codes only a document counts",
        file="fulfillment/collecting.py",
        snippet="if known.wrong_codes >= rules.WRONG_CODES_MAX:",
        instead="if known.wrong_codes < 0:",
        tests=tests("database/test_fulfillment_picking.py", "three_wrong_codes"),
    ),
    Guard(
        name="an expired key opens nothing",
        file="access/keyring.py",
        snippet="if key.expires_at is not None and now >= key.expires_at:",
        instead="if False:",
        tests=tests("database/test_access.py", "expired_key"),
    ),
    Guard(
        name="a promise binds to its cart",
        file="orders/pledging.py",
        snippet='"lines": dict(opened.lines) != units_of(request, nth),',
        instead='"lines": False,',
        tests=tests("api/test_promises.py", "binds_to_its_cart"),
    ),
)
