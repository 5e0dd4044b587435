"""The guards of who is asked, and of who has what was offered."""

from tests.guards.guard import Guard, tests

COMPETING = "database/test_competing.py"

ASKING = (
    Guard(
        name="whoever takes an offer takes it from the others",
        file="fulfillment/accepting.py",
        snippet="[o for o in offers if o.id != offer.id]",
        instead="[]",
        tests=tests(COMPETING, "first_one_has_it"),
    ),
    Guard(
        name="units move to whoever takes the work",
        file="fulfillment/accepting.py",
        snippet="if place != work.location_id:",
        instead="if False:",
        tests=tests(COMPETING, "first_one_has_it"),
    ),
    Guard(
        name="who has not the units any more does not get the work",
        file="fulfillment/accepting.py",
        snippet="if len(moved.works) < len(moves):",
        instead="if False:",
        tests=tests(COMPETING, "units_are_gone"),
    ),
    Guard(
        name="units leave whoever said no",
        file="fulfillment/passing_on.py",
        snippet="if each.left and each.is_homeless and",
        instead="if False and each.is_homeless and",
        tests=tests(COMPETING, "loses_the_units"),
    ),
)
