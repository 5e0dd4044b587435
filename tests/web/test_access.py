"""Doors and keys: second factor, invitation, PIN, sessions, keys; asked as a browser would."""

import re
from datetime import timedelta
from typing import Any

from starlette.types import ASGIApp
from structlog.testing import capture_logs
from tests.web.conftest import Browser, NewPerson
from tests.web.living import PASSWORD
from tests.web.wares import MILAN, ROME, TURIN

from ovunque.access import rules, store
from ovunque.access.model import Role, SecondFactor
from ovunque.api.call import Services
from ovunque.platform import clock
from ovunque.platform.database import Database, Tx
from ovunque.platform.telemetry import as_json

SECRET = re.compile(r'<code class="secret">([A-Z2-7]{32})</code>')
KEY = re.compile(r'<code class="secret">(ovq_[\w-]{43})</code>')
LINK = re.compile(r'<code class="secret">http://localhost(/welcome/[\w-]{43})</code>')
RECOVERY = re.compile(r"<li><code>([0-9a-f]{10})</code></li>")


def code_of(database: Database, login: str, drift: int = 0) -> str:
    """The code that the phone of somebody shows."""

    def look(tx: Tx) -> SecondFactor:
        row = tx.execute("select id from person where login = %s", [login]).fetchone()
        factor = store.find_factor(tx, row[0]) if row else None
        assert factor is not None
        return factor

    return rules.code_at(database.read(look).secret, int(clock.now().timestamp()) // 30 + drift)


def set_up(browser: Browser, database: Database, login: str) -> list[str]:
    """Turn the second factor on; returns the recovery codes."""
    browser.get("/account")
    browser.post("/account/second-factor")
    assert SECRET.search(browser.text), browser.text
    assert browser.post("/account/second-factor/confirmation", code="000000").status_code == 401
    done = browser.post("/account/second-factor/confirmation", code=code_of(database, login, -1))
    assert done.status_code == 200
    return RECOVERY.findall(browser.text)


def test_who_has_a_second_factor_needs_it(
    browser: Browser, another: Browser, new_person: NewPerson, database: Database
) -> None:
    """Half a session opens nothing; a code opens once, a recovery code too; tries are few."""
    new_person("chiara")
    browser.sign_in("chiara")
    recovery = set_up(browser, database, "chiara")
    assert len(set(recovery)) == 8
    answer = another.sign_in("chiara")
    assert answer.headers["location"].startswith("/sign-in/code")
    half = another.cookies["ovunque"]
    for path in ("/orders", "/account", "/live", "/prove"):
        assert another.get(path).headers["location"].startswith("/sign-in"), path
    code = code_of(database, "chiara")
    another.get("/sign-in/code")
    assert another.post("/sign-in/code", code="999999").status_code == 401
    assert another.post("/sign-in/code", code=code, next="/orders").headers["location"] == "/orders"
    assert another.cookies["ovunque"] != half, "a whole session is carried by another secret"
    assert another.get("/orders").status_code == 200
    another.post("/sign-out")
    another.sign_in("chiara")
    another.get("/sign-in/code")
    assert another.post("/sign-in/code", code=code).status_code == 401, "a code opens once"
    assert another.post("/sign-in/code", code=recovery[0]).status_code == 303
    another.get("/account")
    another.post("/sign-out")
    another.sign_in("chiara")
    another.get("/sign-in/code")
    for _ in range(rules.CODE_TRIES_MAX):
        answer = another.post("/sign-in/code", code=recovery[0])
    assert answer.status_code == 401, "a recovery code opens once"
    assert another.post("/sign-in/code", code=recovery[1]).status_code == 429


def test_where_a_second_factor_is_demanded_nothing_opens_without(
    app: ASGIApp,
    browser: Browser,
    another: Browser,
    new_person: NewPerson,
    services: Services,
) -> None:
    """A password alone leads to setting one up; so does no device and no other session."""
    services.settings.__dict__["second_factor"] = "demanded"  # Else frozen, and read at a start.
    database = services.database
    new_person("luca", Role.STORE_MANAGER, MILAN)
    another.sign_in("luca")
    browser.sign_in("luca")
    for path in ("/tasks", "/devices", "/items", "/", "/live"):
        assert browser.get(path).headers["location"] == "/account", path
    browser.get("/account")
    assert "asks for a second factor" in browser.text
    assert browser.post("/devices", name="Till").headers["location"] == "/account"
    assert browser.post("/account/pin", pin="804211").status_code == 303
    recovery = set_up(browser, database, "luca")
    assert "asks for a second factor" not in browser.text
    assert browser.get("/tasks").status_code == 200
    assert another.get("/account").status_code == 303, "who came by a password alone is out"
    browser.get("/devices")
    assert browser.post("/devices", name="Till").headers["location"] == "/devices"
    browser.get("/devices")
    browser.post("/sign-out")
    browser.get("/sign-in")
    assert browser.post("/sign-in/pin", login="luca", pin="804211").status_code == 303
    assert browser.get("/tasks").status_code == 200, "the device is the other factor"
    another.sign_in("luca")
    another.get("/sign-in/code")
    assert another.post("/sign-in/code", code=recovery[0], next="/tasks").status_code == 303
    assert another.get("/tasks").status_code == 200
    another.get("/account")
    another.post("/account/second-factor/removal")
    another.post("/sign-out")
    another.sign_in("luca")
    assert another.get("/tasks").headers["location"] == "/account", "off is not for ever"


def test_an_invitation_opens_once(
    browser: Browser, another: Browser, new_person: NewPerson, database: Database
) -> None:
    new_person("ada", Role.ADMIN)
    browser.sign_in("ada")
    browser.get("/people")
    asked = {"login": "nora", "name": "Nora Villa", "role": "care", "location": ""}
    assert browser.post("/people", **(asked | {"login": "No Ra"})).status_code == 422
    browser.post("/people", **asked)
    found = LINK.search(browser.text)
    assert found, browser.text
    assert another.sign_in("nora", "").status_code == 401
    assert another.get(found[1]).status_code == 200
    assert another.post(found[1], password="short").status_code == 422
    assert another.post(found[1], password=PASSWORD).headers["location"] == "/sign-in"
    assert another.get(found[1]).status_code == 410
    assert another.sign_in("nora").status_code == 303
    kept = database.read(lambda tx: tx.execute("select count(*) from invitation").fetchone())
    assert kept == (0,)
    browser.get("/people")
    assert browser.post("/people/nora/sign-out").status_code == 303
    assert another.get("/orders").status_code == 303, "out at once"
    browser.post("/people/nora/disabling")
    assert another.sign_in("nora").status_code == 401


def test_an_older_or_late_link_opens_nothing(
    browser: Browser, another: Browser, new_person: NewPerson, database: Database
) -> None:
    new_person("ada", Role.ADMIN)
    new_person("nora")
    browser.sign_in("ada")
    links = []
    for _ in range(2):
        browser.get("/people")
        browser.post("/people/nora/invitation")
        found = LINK.search(browser.text)
        assert found
        links.append(found[1])
    assert [another.get(each).status_code for each in links] == [410, 200]
    database.transact(lambda tx: tx.execute("update invitation set expires_at = now()"))
    assert another.get(links[1]).status_code == 410


def test_a_pin_opens_on_a_device_of_ones_own_store(
    browser: Browser, another: Browser, new_person: NewPerson, database: Database
) -> None:
    for login, role, at in (
        ("luca", Role.STORE_MANAGER, MILAN),
        ("marta", Role.ASSOCIATE, MILAN),
        ("rosa", Role.ASSOCIATE, ROME),
    ):
        new_person(login, role, at)
        another.sign_in(login)
        another.get("/account")
        assert another.post("/account/pin", pin="123456").status_code == 422, "too easy"
        assert another.post("/account/pin", pin="804211").status_code == 303
    browser.sign_in("luca")
    browser.get("/devices")
    browser.post("/devices", name="Till", location=ROME)
    browser.get("/devices")
    browser.post("/sign-out")
    browser.get("/sign-in")
    assert "Marta" in browser.text
    assert "Rosa" not in browser.text, "the device is Milan's, whatever the form said"
    wrong = (("marta", "804212"), ("rosa", "804211"), ("nobody", "804211"))
    assert [browser.post("/sign-in/pin", login=a, pin=b).status_code for a, b in wrong] == [401] * 3
    assert browser.post("/sign-in/pin", login="marta", pin="804211").status_code == 303
    assert browser.get("/tasks").status_code == 200
    another.get("/sign-in")
    assert (
        another.post("/sign-in/pin", login="marta", pin="804211").headers["location"] == "/sign-in"
    )
    another.sign_in("luca")
    another.get("/devices")
    (device,) = re.findall(r"/devices/(dev_\w+)/revocation", another.text)
    another.post(f"/devices/{device}/revocation")
    assert browser.get("/tasks").status_code == 303, "who is signed in there is out"
    browser.get("/sign-in")
    assert "Marta" not in browser.text


def test_a_device_is_no_place_for_guessing(browser: Browser, new_person: NewPerson) -> None:
    new_person("luca", Role.STORE_MANAGER, MILAN)
    browser.sign_in("luca")
    browser.get("/devices")
    browser.post("/devices", name="Till")
    browser.get("/account")
    browser.post("/account/pin", pin="804211")
    browser.get("/account")
    browser.post("/sign-out")
    browser.get("/sign-in")
    tries = [
        browser.post("/sign-in/pin", login="luca", pin=str(nth)) for nth in range(100_000, 100_006)
    ]
    assert [each.status_code for each in tries] == [401] * 5 + [429]
    assert browser.post("/sign-in/pin", login="luca", pin="804211").status_code == 429


def test_ones_sessions_are_seen_and_ended_and_nobody_elses(
    browser: Browser, another: Browser, new_person: NewPerson
) -> None:
    for login in ("chiara", "elena"):
        new_person(login)
    another.sign_in("chiara")
    browser.sign_in("chiara")
    browser.get("/account")
    sessions = re.findall(r"/account/sessions/(ses_\w+)/revocation", browser.text)
    assert len(sessions) == 2
    assert browser.post(f"/account/sessions/{sessions[1]}/revocation").status_code == 303
    assert another.get("/account").status_code == 303, "out at once"
    another.sign_in("elena")
    another.get("/account")
    assert another.post(f"/account/sessions/{sessions[0]}/revocation").status_code == 404
    assert browser.get("/account").status_code == 200


def test_what_matters_asks_again_who_one_is(
    browser: Browser, new_person: NewPerson, database: Database
) -> None:
    """Ten minutes after the password it is asked for again, and only for what matters."""
    new_person("ada", Role.ADMIN)
    browser.sign_in("ada")
    before = browser.cookies["ovunque"]
    database.transact(
        lambda tx: tx.execute(
            "update session set proven_at = proven_at - %s", [timedelta(minutes=11)]
        )
    )
    browser.get("/keys")
    assert browser.post("/keys", client="till", scopes="read").headers["location"] == (
        "/prove?next=%2F"
    )
    browser.get("/prove?next=/keys")
    assert browser.post("/prove", code="wrong", next="/keys").status_code == 401
    assert browser.post("/prove", code=PASSWORD, next="/keys").headers["location"] == "/keys"
    assert browser.cookies["ovunque"] != before
    browser.get("/keys")
    browser.post("/keys", client="till", scopes="read")
    assert KEY.search(browser.text)


def test_a_key_is_shown_once_rotated_with_a_day_of_overlap_and_revoked(
    browser: Browser,
    another: Browser,
    new_person: NewPerson,
    services: Services,
    database: Database,
) -> None:
    new_person("ada", Role.ADMIN)
    browser.sign_in("ada")

    def ask(token: str, **headers: str) -> int:
        services.database.read(services.keys.load)
        told = {"Authorization": f"Bearer {token}", **headers}
        return another.get("/v1/locations", headers=told).status_code

    def made(path: str, **fields: Any) -> str:
        browser.get("/keys")
        browser.post(path, **fields)
        found = KEY.search(browser.text)
        assert found, browser.text
        return found[1]

    first = made("/keys", client="till", scopes="read", days="30", addresses="203.0.113.0/24")
    browser.get("/keys")
    assert first not in browser.text
    assert ask(first) == 401, "from elsewhere"
    assert ask(first, **{"X-Forwarded-For": "203.0.113.9"}) == 200
    (key,) = re.findall(r"/keys/(key_\w+)/rotation", browser.text)
    second = made(f"/keys/{key}/rotation")
    ours = {"X-Forwarded-For": "203.0.113.9"}
    assert [ask(each, **ours) for each in (first, second)] == [200, 200]
    services.database.transact(services.keys.save_used)
    browser.get("/keys")
    assert browser.text.count("last used") == 2
    database.transact(
        lambda tx: tx.execute("update api_key set expires_at = now() where hint = %s", [first[-4:]])
    )
    assert [ask(each, **ours) for each in (first, second)] == [401, 200]
    (new,) = {*re.findall(r"/keys/(key_\w+)/revocation", browser.text)} - {key}
    assert browser.post(f"/keys/{new}/revocation").status_code == 303
    assert ask(second, **ours) == 401
    browser.get("/keys")
    refused = browser.post("/keys", client="x", scopes="read", addresses="nowhere")
    assert (refused.status_code, "no network such as" in browser.text) == (422, True)


def test_who_has_several_places_works_in_one_at_a_time(
    app: ASGIApp, browser: Browser, new_person: NewPerson, offered: dict[str, Any]
) -> None:
    """Entered on the page with three places: Milan's work is there in Milan, and nowhere else."""
    new_person("ada", Role.ADMIN)
    browser.sign_in("ada")
    browser.get("/people")
    told = {"login": "rita", "name": "Rita", "role": Role.AREA_MANAGER, "location": ROME}
    assert browser.post("/people", **told, others="NOWHERE").status_code == 404
    browser.get("/people")
    browser.post("/people", **told, others=[MILAN, ROME])
    link = LINK.search(browser.text)
    assert link, browser.text
    rita = Browser(app)
    rita.get(link[1])
    rita.post(link[1], password=PASSWORD)
    rita.sign_in("rita")
    task = f"/tasks/{offered['fulfillments'][0]['id']}"
    assert rita.get(task).status_code == 404
    rita.get("/account")
    assert rita.post("/account/place", location=TURIN).status_code == 404
    rita.get("/account")
    assert rita.post("/account/place", location=MILAN).status_code == 303
    assert rita.get(task).status_code == 200
    assert rita.get("/devices").status_code == 200
    rita.get("/account")
    rita.post("/account/place", location=ROME)
    assert rita.get(task).status_code == 404
    rita.close()


def test_a_partner_sees_work_and_nothing_of_the_house(
    browser: Browser, new_person: NewPerson, offered: dict[str, Any]
) -> None:
    new_person("paolo", Role.PARTNER, MILAN)
    browser.sign_in("paolo")
    assert browser.get(f"/tasks/{offered['fulfillments'][0]['id']}").status_code == 200
    for path in ("/items", "/stock", "/transfers", "/counts", "/orders", "/devices"):
        assert browser.get(path).status_code == 404, path
    browser.get("/account")
    assert browser.post("/account/place", location=ROME).status_code == 404


def test_a_password_is_changed_by_who_knows_the_one_before(
    browser: Browser, another: Browser, new_person: NewPerson
) -> None:
    new_person("chiara")
    another.sign_in("chiara")
    browser.sign_in("chiara")

    def change(before: str, password: str) -> int:
        browser.get("/account")
        return browser.post("/account/password", before=before, password=password).status_code

    assert change("wrong", "a sentence of my own") == 401
    wrongs = ("short", "password123", "Chiarachiara", "ovunque-chiara")
    assert [change(PASSWORD, each) for each in wrongs] == [422] * len(wrongs)
    assert change(PASSWORD, "a sentence of my own") == 303
    assert browser.get("/account").status_code == 200
    assert another.get("/account").status_code == 303, "out everywhere else"
    assert another.sign_in("chiara").status_code == 401
    assert another.sign_in("chiara", "a sentence of my own").status_code == 303


def test_who_was_not_let_in_stands_in_the_log_without_what_they_typed(
    browser: Browser, new_person: NewPerson
) -> None:
    new_person("chiara")
    with capture_logs() as lines:
        browser.sign_in("chiara", "not her password")
        browser.sign_in("my password by mistake", "x")
        browser.sign_in("chiara\nforged", "x")
    told = [each for each in lines if each["event"] == "door.refused"]
    assert [each["who"] for each in told] == ["chiara", None, None]
    assert {each["code"] for each in told} == {"sign_in_failed"}
    assert "mistake" not in str(lines)
    assert "not her" not in str(lines)
    assert "\n" not in as_json({**told[0], "who": "a\nb"}, str), "one line, whatever it says"
