"""The guards of what a dump must not tell."""

from tests.guards.guard import Guard, tests

SECRETS = tests("web/test_secrets.py")
FORGETTING = "api/test_forgetting.py"

SECRET = (
    Guard(
        name="a secret stands sealed",
        file="platform/drawers.py",
        snippet="        return house_vault().seal(self._name(row), plain)",
        instead="        return IN_CLEAR + plain",
        tests=SECRETS,
    ),
    Guard(
        name="a secret in clear is not believed",
        file="platform/drawers.py",
        snippet="        return house_vault().open(self._name(row), sealed)",
        instead="""        clear = sealed.startswith(IN_CLEAR)
        return sealed[2:] if clear else house_vault().open(self._name(row), sealed)""",
        tests=SECRETS,
    ),
    Guard(
        name="a secret of an older version is sealed at a start",
        file="resealing.py",
        snippet="        _all_of(database, drawer.seal_clear)",
        instead="        assert drawer",
        tests=SECRETS,
    ),
    Guard(
        name="what is sealed belongs to its row",
        file="platform/vault.py",
        snippet="return about.bytes if isinstance(about, UUID) else about.encode()",
        instead='return b"" if about else b""',
        tests=tests(FORGETTING, "a_dump_tells"),
    ),
    Guard(
        name="a note stands sealed with its order",
        file="orders/store/wording.py",
        snippet="    return WORDS.seal(msgspec.json.encode((order.gift, order.notes)), order.id)",
        instead="    return bytes(2) + msgspec.json.encode((order.gift, order.notes))",
        tests=tests(FORGETTING, "nothing_of_somebody"),
    ),
    Guard(
        name="what a counter noted stands sealed",
        file="fulfillment/store/collecting.py",
        snippet="    return VISITORS.seal(msgspec.json.encode(noted), collection.fulfillment_id)",
        instead="    return bytes(2) + msgspec.json.encode(noted)",
        tests=tests(FORGETTING, "nothing_of_somebody"),
    ),
    Guard(
        name="an answer that names somebody is kept sealed",
        file="platform/idempotency.py",
        snippet="    if answer.about:",
        instead="    if False:",
        tests=tests(FORGETTING, "names_somebody"),
    ),
    Guard(
        name="where somebody lived goes from their promises",
        file="orders/forgetting.py",
        snippet="    forget_destinations(tx, ids)",
        instead="    assert forget_destinations",
        tests=tests(FORGETTING, "nothing_of_somebody"),
    ),
    Guard(
        name="what somebody wrote to a store is forgotten",
        file="fulfillment/collecting.py",
        snippet="    reserving.remove_notes(tx, customer_id)",
        instead="    assert customer_id",
        tests=tests(FORGETTING, "nothing_of_somebody"),
    ),
    Guard(
        name="the verifier of who is away to sign in stands sealed",
        file="access/store/federating.py",
        snippet="VERIFIERS.seal(flow.verifier.encode(), sha256)",
        instead="bytes(2) + flow.verifier.encode()",
        tests=SECRETS,
    ),
    Guard(
        name="a driver's signature stands sealed",
        file="fulfillment/store/shipping.py",
        snippet="SIGNATURES.seal(drawn.encode(), manifest.id)",
        instead="bytes(2) + drawn.encode()",
        tests=tests(FORGETTING, "nothing_of_somebody"),
    ),
    Guard(
        name="an answer of an older version is sealed, too",
        file="migrations/0196_sealed_answers.sql",
        snippet=r"   set sealed = '\x0000'::bytea || convert_to(body, 'UTF8'),",
        instead="   set sealed = null,",
        tests=tests(FORGETTING, "older_version_is_sealed"),
    ),
)
