"""What opens doors: made and used as people and programs do, and nowhere in a dump or a log."""

from base64 import b32decode, b64decode
from collections.abc import Mapping

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from tests.clearing import put_in_clear
from tests.dumps import dump
from tests.providers import CLIENT, FakeProvider
from tests.web.conftest import Browser, NewPerson
from tests.web.living import PASSWORD, new_key
from tests.web.test_access import LINK, SECRET, code_of, set_up
from tests.web.wares import MILAN

from ovunque.access import store
from ovunque.access.model import Role
from ovunque.access.store.federating import VERIFIERS
from ovunque.access.vouching import list_providers
from ovunque.api.call import Services
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Database, Tx
from ovunque.platform.settings import read_settings
from ovunque.platform.vault import add_key, house_vault
from ovunque.promise.store import list_keys
from ovunque.resealing import SECRETS, open_vault, reseal

PIN, CLIENT_SECRET, HOOK = "804211", "between the two of us", "https://hooks.example.com/ovunque"


def known_in(text: str, secrets: Mapping[str, bytes]) -> list[str]:
    """Which of them stand there, as they are or in hexadecimal digits."""
    lowered = text.lower()
    return sorted(
        name
        for name, secret in secrets.items()
        if secret.hex() in lowered or secret.decode(errors="replace") in text
    )


def enter(
    browser: Browser, another: Browser, services: Services, provider: FakeProvider
) -> dict[str, bytes]:
    """Everybody comes in by every way there is; returns what was shown to them, or typed."""
    browser.sign_in("ada")
    browser.get("/account")
    browser.post("/account/second-factor")
    phone = SECRET.search(browser.text)
    recovery = set_up(browser, services.database, "ada")
    form = {"code": "house", "name": "House", "issuer": provider.issuer, "roles": ""}
    told = {"client_id": CLIENT, "client_secret": CLIENT_SECRET}
    browser.get("/providers")
    assert browser.post("/providers", **form, **told).status_code == 303, browser.text
    browser.get("/people")
    browser.post("/people", login="nora", name="Nora Villa", role="care", location="")
    link = LINK.search(browser.text)
    assert another.get("/sign-in/with/house").status_code == 303, "away, and not back yet"
    another.sign_in("luca")
    another.get("/account")
    another.post("/account/pin", pin=PIN)
    another.get("/devices")
    another.post("/devices", name="Till")
    assert phone
    assert link
    carried = {**browser.cookies, **{f"of_{a}": b for a, b in another.cookies.items()}}
    return {
        "phone": b32decode(phone[1]),
        "recovery": recovery[0].encode(),
        "link": link[1].rpartition("/")[2].encode(),
        "pin": PIN.encode(),
        "password": PASSWORD.encode(),
        "provider": CLIENT_SECRET.encode(),
        "verifier": services.database.read(verifier),
        **{name: value.encode() for name, value in carried.items() if len(value) > 40},
    }


def verifier(tx: Tx) -> bytes:
    """What shows a provider that whoever comes back is whoever left."""
    row = tx.execute("select verifier, sha256 from sign_in_flow").fetchone()
    assert row is not None
    return VERIFIERS.open(*row)


def join(browser: Browser, services: Services) -> dict[str, bytes]:
    """A program comes, and is told what happens."""
    key = new_key(services.database, services.new_id)
    services.database.read(services.keys.load)
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "once"}
    hook = {"url": HOOK, "name": "shop", "types": ["order.placed"]}
    made = browser.send("POST", "/v1/webhooks", json=hook, headers=headers)
    assert made.status_code == 201, made.text
    place = f"/v1/webhooks/{made.json()['id']}/secrets"
    changed = browser.send("POST", place, json={}, headers=headers | {"Idempotency-Key": "two"})
    assert changed.status_code == 201, changed.text
    signs = services.database.read(store.list_token_secrets)
    sealer = services.database.read(list_keys)
    return {
        "key": key.encode(),
        "webhook_before": b64decode(made.json()["secret"].removeprefix("whsec_")),
        "webhook_before_said": made.json()["secret"].encode(),
        "webhook": changed.json()["secret"].encode(),
        **{f"token_{nth}": secret for nth, secret in signs.items()},
        **{f"promise_{nth}": secret for nth, secret in sealer.items()},
    }


def test_what_opens_doors_is_nothing_that_a_dump_tells(
    browser: Browser,
    another: Browser,
    new_person: NewPerson,
    services: Services,
    provider: FakeProvider,
    database_url: str,
) -> None:
    """What an older version left in clear is found there, and sealed by the next start."""
    database = services.database
    new_person("ada", Role.ADMIN)
    new_person("luca", Role.STORE_MANAGER, MILAN)
    with capture_logs(processors=[merge_contextvars]) as logs:
        secrets = enter(browser, another, services, provider) | join(browser, services)
    assert len(secrets) >= 15
    assert known_in(dump(database_url), secrets) == []
    assert known_in(str(logs), secrets) == []

    assert put_in_clear(database_url, SECRETS) == len(SECRETS)
    assert known_in(dump(database_url), secrets) == [
        *("phone", "promise_1", "provider", "token_1"),
        *("verifier", "webhook", "webhook_before_said"),
    ]
    with pytest.raises(Refusal, match="personal_key_missing"):
        kept(database)  # In clear it is not believed: whoever writes there plants nothing.
    open_vault(database)
    assert known_in(dump(database_url), secrets) == []

    another.post("/sign-out")
    another.sign_in("ada")
    another.get("/sign-in/code")
    code = code_of(database, "ada")
    assert another.post("/sign-in/code", code=code).status_code == 303, "the phone still counts"


def test_another_key_seals_all_secrets_and_nothing_is_lost(
    browser: Browser,
    another: Browser,
    new_person: NewPerson,
    services: Services,
    provider: FakeProvider,
) -> None:
    new_person("ada", Role.ADMIN)
    new_person("luca", Role.STORE_MANAGER, MILAN)
    enter(browser, another, services, provider)
    join(browser, services)
    database, vault, file = services.database, house_vault(), read_settings().personal_keys_file
    before = kept(database)
    lines = file.read_text()
    try:
        nth = add_key(file)
        vault.load()
        assert reseal(database) == len(SECRETS)
        assert reseal(database) == 0
        file.write_text(file.read_text().splitlines()[-1])
        vault.load()
        assert list(vault.marks) == [nth], "the one before is gone"
        assert kept(database) == before
    finally:  # All tests of a process share the file.
        file.write_text(lines)
        vault.load()


def kept(database: Database) -> list[object]:
    return [
        database.read(store.list_token_secrets),
        database.read(list_providers),
        database.read(list_keys),
        database.read(verifier),
    ]
