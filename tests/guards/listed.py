"""The guards of the house: `snippet` stands once; with `instead` for it the tests must fail."""

from tests.guards.asking import ASKING
from tests.guards.doors import DOORS
from tests.guards.edits import EDITS
from tests.guards.floor import FLOOR
from tests.guards.guard import Guard, tests
from tests.guards.secrets import SECRET
from tests.guards.spine import SPINE

STOCK = (
    Guard(
        name="levels are locked in key order",
        file="stock/claiming.py",
        snippet="levels=store.lock_levels_later(tx, keys),",
        instead="levels=store.lock_levels_later(tx, keys[::-1]),",
        tests=tests("database/test_stock.py", "the_last_units"),
    ),
    Guard(
        name="a claim decides under the locks of its levels",
        file="stock/store/__init__.py",
        snippet="""         order by level.sku, level.location_id
           for update of level""",
        instead="""         order by level.sku, level.location_id""",
        tests=tests("database/test_stock.py", "the_last_units"),
    ),
    Guard(
        name="the write of a claim looks again whether units are free",
        file="stock/store/__init__.py",
        snippet="""             and (change.units <= 0
                  or level.on_hand - level.unavailable - level.reserved >= change.units)""",
        instead="",
        tests=tests("database/test_stock.py", "second_lock"),
    ),
    Guard(
        name="a claim writes as many levels as it has decided about",
        file="stock/store/__init__.py",
        snippet="select insist(count(*) = %(count)s, 'a level was claimed",
        instead="select insist(count(*) <= %(count)s, 'a level was claimed",
        tests=tests("database/test_stock.py", "second_lock"),
    ),
    Guard(
        name="the same units never come back twice",
        file="stock/rules/__init__.py",
        snippet="still.difference_update(each.id for each in given)",
        instead="still.difference_update(())",
        tests=tests("rules/test_stock_rules.py"),
    ),
    Guard(
        name="who moves units has to hold all of them still",
        file="stock/rules/__init__.py",
        snippet="isinstance(ask, Move) and given != ask.gives",
        instead="False",
        tests=tests("rules/test_stock_rules.py"),
    ),
    Guard(
        name="a hold ends at its time, swept or not",
        file="stock/store/__init__.py",
        snippet="where held.state = 'held' and held.expires_at <= %(now)s",
        instead="where held.state = 'held' and held.expires_at <= %(now)s and false",
        tests=tests("database/test_holds.py", "swept_or_not"),
    ),
    Guard(
        name="an older count changes nothing",
        file="stock/store/counting.py",
        snippet="< (told.baseline_as_of, told.baseline_source, -told.told)",
        instead="is distinct from (told.baseline_as_of, told.baseline_source, -told.told)",
        tests=tests("database/test_stock.py", "any_order_of_arrival"),
    ),
    Guard(
        name="a count is not from tomorrow",
        file="stock/rules/__init__.py",
        snippet="if count.as_of > now + CLOCK_AHEAD_MAX:",
        instead="if False:",
        tests=tests("rules/test_stock_rules.py"),
    ),
    Guard(
        name="a movement told twice is booked once",
        file="stock/store/moving.py",
        snippet="            on conflict do nothing\n        returning id",
        instead="        returning id",
        tests=tests("database/test_stock.py", "any_order_of_arrival"),
    ),
    Guard(
        name="nothing is silently below zero: the trigger",
        file="migrations/0007_stock.sql",
        snippet="if free < 0 and not exists (",
        instead="if false and not exists (",
        tests=tests("database/test_stock.py", "no_shortage_names"),
    ),
    Guard(
        name="a shortage is named when a true count comes",
        file="stock/store/__init__.py",
        snippet="short = [level for level in levels if level.free < 0]",
        instead="short = [level for level in levels if level.free < -1_000_000]",
        tests=tests("database/test_stock.py", "opens_a_shortage"),
    ),
    Guard(
        name="no more is put back than waits to be",
        file="stock/setting_aside.py",
        snippet="if before is None or waiting < request.quantity:",
        instead="if before is None:",
        tests=tests("database/test_canceling.py", "put_back"),
    ),
    Guard(
        name="a feed is not from tomorrow because another clock runs behind",
        file="stock/deciding.py",
        snippet="return max(now, feed.received_at)",
        instead="return now",
        tests=tests("api/test_feeds.py", "runs_behind"),
    ),
    Guard(
        name="who sent a feed does not decide about it",
        file="stock/deciding.py",
        snippet="if feed.client_id == by.client_id:",
        instead="if False:",
        tests=tests("api/test_feeds.py"),
    ),
)

ONCE = (
    Guard(
        name="another body under the same key is refused",
        file="platform/idempotency.py",
        snippet="if digest != asked.digest:",
        instead="if False:",
        tests=tests("database/test_placing.py", "another_body"),
    ),
    Guard(
        name="two who work under one key leave one effect",
        file="platform/idempotency.py",
        snippet="select insist(count(*) = %(count)s, 'somebody else",
        instead="select insist(count(*) <= %(count)s, 'somebody else",
        tests=tests("database/test_database.py", "one_key"),
    ),
    Guard(
        name="a key that was answered is answered the same again",
        file="orders/placing.py",
        snippet="enumerate(first.values()) if each.key not in known}",
        instead="enumerate(first.values())}",
        tests=tests("database/test_placing.py", "same_key"),
    ),
    Guard(
        name="what is refused at the door may have been accepted before",
        file="orders/receiving.py",
        snippet="        except Refusal as refusal:\n            return refusal\n",
        instead="        except Refusal:\n            raise\n",
        tests=tests("database/test_placing.py", "promise_is_over"),
    ),
    Guard(
        name="an external id is one order",
        file="orders/placing.py",
        snippet="        if name in used:",
        instead="        if False:",
        tests=tests("database/test_placing.py", "external_id"),
    ),
    Guard(
        name="attempts of a job are counted before it runs",
        file="platform/jobs.py",
        snippet="set attempts = job.attempts + 1, leased_until",
        instead="set attempts = job.attempts, leased_until",
        tests=tests("database/test_jobs.py", "kills_its_worker"),
    ),
    Guard(
        name="a job that has failed often enough waits for a person",
        file="platform/jobs.py",
        snippet="if job.attempts >= work.attempts_max(job):",
        instead="if False:",
        tests=tests("database/test_jobs.py", "fails_runs_again"),
    ),
    Guard(
        name="a job is leased to one worker",
        file="platform/jobs.py",
        snippet="and (leased_until is null or leased_until <= %(now)s)",
        instead="",
        tests=tests("database/test_jobs.py", "lease_ends"),
    ),
    Guard(
        name="who comes back after a lease decides nothing",
        file="platform/jobs.py",
        snippet='"delete from job where key = %(key)s and attempts = %(attempts)s",',
        instead='"delete from job where key = %(key)s",',
        tests=tests("database/test_jobs.py", "after_his_lease"),
    ),
    Guard(
        name="a label that comes too late is given back",
        file="fulfillment/labeling.py",
        snippet="if request.label.tracking != parcel.tracking:",
        instead="if False:",
        tests=tests("database/test_canceling.py", "comes_too_late"),
    ),
    Guard(
        name="a label whose answer was lost is asked for again",
        file="fulfillment/labeling.py",
        snippet="sold = request.asked_before and parcel.state in (",
        instead="sold = parcel.state in () and (",
        tests=tests("database/test_canceling.py", "answer_was_lost"),
    ),
    Guard(
        name="a carrier's word counts once",
        file="fulfillment/tracking.py",
        snippet="elif word.id not in new:",
        instead="elif False:",
        tests=tests("database/test_fulfillment_parcels.py", "words_of_carriers"),
    ),
    Guard(
        name="an older word of a carrier changes nothing",
        file="fulfillment/tracking.py",
        snippet="if parcel.told_at is not None and word.occurred_at < parcel.told_at:",
        instead="if False:",
        tests=tests("database/test_fulfillment_parcels.py", "words_of_carriers"),
    ),
)

WORK = (
    Guard(
        name="whoever changes a fulfillment holds its order's timeline",
        file="fulfillment/holding.py",
        snippet="    journal.lock(tx, [order_id])\n",
        instead="",
        tests=tests("database/test_races.py", "comes_second"),
    ),
    Guard(
        name="timelines are locked in the order of their ids",
        file="platform/journal.py",
        snippet='"order by order_id for update",',
        instead='"order by order_id desc for update",',
        tests=tests("database/test_journal.py", "order_of_their_ids"),
    ),
    Guard(
        name="an offer is not accepted after its deadline",
        file="fulfillment/accepting.py",
        snippet="if offer.accept_by is not None and offer.accept_by <= now:",
        instead="if False:",
        tests=tests("database/test_fulfillment.py", "nobody_answers", "taken_once"),
    ),
    Guard(
        name="only what is overdue expires",
        file="fulfillment/expiring.py",
        snippet="offer.state == OfferState.OPEN and offer.accept_by and offer.accept_by <= now",
        instead="offer.state == OfferState.OPEN and offer.accept_by",
        tests=tests("database/test_fulfillment.py", "too_early"),
    ),
    Guard(
        name="a transition that is not in the table is refused",
        file="fulfillment/rules/__init__.py",
        snippet="    if following is None:\n",
        instead="    if following is None:\n        return state\n    if False:\n",
        tests=tests("rules/test_fulfillment_rules.py"),
    ),
    Guard(
        name="what was replaced is over",
        file="fulfillment/rules/__init__.py",
        snippet="if work.replaced_at is not None:",
        instead="if False:",
        tests=tests("rules/test_fulfillment_rules.py"),
    ),
    Guard(
        name="no more is picked than is asked for",
        file="fulfillment/rules/__init__.py",
        snippet="return Unfit(left=want.quantity - left) if left else taken",
        instead="return taken",
        tests=tests("rules/test_fulfillment_rules.py"),
    ),
    Guard(
        name="what leaves has been reserved until now",
        file="fulfillment/leaving.py",
        snippet="Move(gives=_reservations(each), becomes=Ending.CONSUMED)",
        instead="Move(becomes=Ending.CONSUMED)",
        tests=tests("database/test_fulfillment_parcels.py", "hand_over"),
    ),
    Guard(
        name="a parcel that a carrier has seen has left",
        file="fulfillment/tracking.py",
        snippet="[parcels[each.tracking] for each, _ in told if each.id in new]",
        instead="[]",
        tests=tests("database/test_fulfillment_parcels.py", "has_seen"),
    ),
    Guard(
        name="goods are handed to whoever says the code",
        file="fulfillment/collecting.py",
        snippet="hmac.compare_digest(right, told)",
        instead="True",
        tests=tests("database/test_fulfillment_picking.py", "fetched_by_its_code"),
    ),
    Guard(
        name="the work of another store is not there",
        file="fulfillment/store/planning.py",
        snippet="""        {"id": fulfillment_id, "location_id": by.location_id},""",
        instead="""        {"id": fulfillment_id, "location_id": None},""",
        tests=tests("database/test_fulfillment.py", "another_store"),
    ),
    Guard(
        name="who said no is not asked again",
        file="orders/replanning.py",
        snippet="        excluded=unserving(order),\n",
        instead="",
        tests=tests("database/test_resourcing.py", "said_no_once"),
    ),
    Guard(
        name="what has left is not canceled",
        file="orders/rules/__init__.py",
        snippet="if work.is_live and work.stage not in GONE\n",
        instead="if work.is_live\n",
        tests=tests("database/test_canceling.py", "was_fetched"),
    ),
)

GUARDS = (*STOCK, *ONCE, *WORK, *EDITS, *SPINE, *DOORS, *ASKING, *FLOOR, *SECRET)
