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
    Guard(
        name="half a session opens nothing",
        file="web/visiting.py",
        snippet="if session is not None and session.is_half:",
        instead="if False:",
        tests=tests("web/test_access.py", "second_factor"),
    ),
    Guard(
        name="a code of a phone opens once",
        file="access/rules.py",
        snippet="if fits and step > factor.last_step:",
        instead="if fits:",
        tests=tests("rules/test_codes.py"),
    ),
    Guard(
        name="codes are not guessed",
        file="access/proving.py",
        snippet=">= rules.CODE_TRIES_MAX",
        instead="< 0",
        tests=tests("web/test_access.py", "guessing"),
    ),
    Guard(
        name="an invitation opens once",
        file="access/inviting.py",
        snippet="if not store.remove_invitation(tx, digest(request.token)):",
        instead="if request.token is None:",
        tests=tests("web/test_access.py", "opens_once"),
    ),
    Guard(
        name="what changes rights asks again who one is",
        file="web/screens.py",
        snippet="if needs_proof and not is_proven(visit.opened, visit.now):",
        instead="if False:",
        tests=tests("web/test_access.py", "asks_again"),
    ),
    Guard(
        name="a key opens from its networks only",
        file="access/keyring.py",
        snippet="if key.addresses and not rules.may_come_from(key.addresses, address):",
        instead="if False:",
        tests=tests("web/test_access.py", "a_key_is_shown_once"),
    ),
    Guard(
        name="a way back belongs to the browser that left",
        file="access/federating.py",
        snippet="and flow.browser == digest(request.browser)",
        instead="and flow.browser is not None",
        tests=tests("web/test_single_sign_on.py", "way_back"),
    ),
    Guard(
        name="a token belongs to this very sign-in",
        file="access/believing.py",
        snippet="""("another nonce", claims.get("nonce") != expected.nonce)""",
        instead="""("another nonce", expected.nonce is None)""",
        tests=tests("web/test_single_sign_on.py", "not_believed"),
    ),
    Guard(
        name="a token for another audience is not ours",
        file="access/believing.py",
        snippet="""("for another audience", provider.client_id not in audience)""",
        instead="""("for another audience", audience is None)""",
        tests=tests("web/test_single_sign_on.py", "not_believed"),
    ),
    Guard(
        name="a name at a provider is nobody's here",
        file="access/store/federating.py",
        snippet="and subject is null and person.login = %(login)s",
        instead="and %(login)s is not null",
        tests=tests("web/test_single_sign_on.py", "a_name_of_somebody"),
    ),
)
