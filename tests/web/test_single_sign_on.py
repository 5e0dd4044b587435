"""Single sign-on: there and back by a provider of our own, and everything that is not believed."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey
from tests.providers import CLIENT, SECRET, FakeProvider, subject_of
from tests.web.conftest import Browser, NewPerson
from tests.web.living import PASSWORD
from tests.web.wares import MILAN, ROME

from ovunque.access.describing import Directory
from ovunque.access.model import Role
from ovunque.access.ports import ProviderSilent
from ovunque.access.vouching import list_providers
from ovunque.integrations.identity.asking import Asking
from ovunque.platform import clock
from ovunque.platform.database import Database

DOOR = "/sign-in/with/house"
ROLES = "shop-managers = store_manager\narea = area_manager\ncare-team = care"


def form(provider: FakeProvider, **changed: str) -> dict[str, str]:
    return {
        "code": "house",
        "name": "House of Linen",
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "role_claim": "groups",
        "roles": ROLES,
        "location_claim": "store",
    } | changed


def enter_provider(browser: Browser, provider: FakeProvider, **changed: str) -> None:
    """As an administrator does, on the page."""
    browser.sign_in("ada")
    browser.get("/providers")
    answer = browser.post("/providers", **form(provider, **changed))
    assert answer.status_code == 303, browser.text
    browser.get("/providers")
    browser.post("/sign-out")


def somebody(login: str, *groups: str, **told: Any) -> dict[str, Any]:
    known = {"sub": subject_of(login), "preferred_username": f"{login}@linen.example"}
    return known | {"name": login.title(), "groups": list(groups)} | told


def come(browser: Browser, provider: FakeProvider, door: str = f"{DOOR}?next=/account") -> int:
    """There and back; returns the status of the way back, 303 when they are in."""
    away = browser.get(door).headers["location"]
    assert away.startswith(f"{provider.issuer}/door?")
    return browser.get(way_back(provider, away)).status_code


def way_back(provider: FakeProvider, away: str) -> str:
    parts = urlsplit(provider.let_in(away))
    return f"{parts.path}?{parts.query}"


def test_a_company_vouches_for_its_people(
    browser: Browser,
    another: Browser,
    provider: FakeProvider,
    new_person: NewPerson,
    database: Database,
) -> None:
    """Somebody new gets role and store by claims; who leaves a group stays outside."""
    new_person("ada", Role.ADMIN)
    enter_provider(browser, provider)
    browser.get("/sign-in?next=/tasks")
    assert "Sign in with House of Linen" in browser.text
    provider.who = somebody("nora", "everybody", "shop-managers", store=MILAN)
    before = browser.cookies["ovunque"]
    assert come(browser, provider) == 303
    assert browser.cookies["ovunque"] != before, "a session has a secret of its own"
    browser.get("/account")
    assert "Nora" in browser.text
    assert browser.get("/tasks").status_code == 200
    provider.who["store"] = ROME
    assert come(another, provider) == 303
    standing = "select role, code from person join location as at on at.id = location_id"
    rows = database.read(lambda tx: tx.execute(standing + " where login = 'nora'").fetchall())
    assert rows == [("store_manager", ROME)], "one person, where her company says"
    provider.who |= {"groups": ["everybody"]}
    assert come(another, provider) == 403
    provider.who = somebody("gino", "area", store=[MILAN, ROME, "NOWHERE"])
    assert come(another, provider) == 303
    another.get("/account")
    assert "Where you work now" in another.text
    facts = database.read(
        lambda tx: tx.execute(
            "select kind, actor from journal where kind like 'p%' order by position"
        ).fetchall()
    )
    assert facts[:2] == [("person.created", "tester"), ("person.signed_in", "ada")]
    told = [
        *(("provider.added", "ada"), ("person.signed_out", "ada")),
        *(("person.created", "sso:house"), ("person.vouched", "sso:house")),
        *(("person.signed_in", "nora"), ("person.standing_changed", "sso:house")),
    ]
    assert [each for each in facts if each in told][:6] == told
    kept = database.read(lambda tx: tx.execute("select count(*) from sign_in_flow").fetchone())
    assert kept == (0,)


def test_a_name_of_somebody_here_is_not_theirs_by_saying_so(
    browser: Browser, another: Browser, provider: FakeProvider, new_person: NewPerson
) -> None:
    """Only an administrator lets in who is here already, and then one subject alone."""
    new_person("ada", Role.ADMIN)
    new_person("chiara")
    enter_provider(browser, provider)
    provider.who = somebody("chiara", "care-team")
    assert come(another, provider) == 403
    browser.sign_in("ada")
    browser.get("/providers")
    assert browser.post("/providers/house/people", login="nobody").status_code == 404
    browser.get("/providers")
    assert browser.post("/providers/house/people", login="chiara").status_code == 303
    assert come(another, provider) == 303
    provider.who["sub"] = "another chiara"
    another.get("/account")
    another.post("/sign-out")
    assert come(another, provider) == 403
    browser.get("/people")
    browser.post("/people/chiara/disabling")
    provider.who = somebody("chiara", "care-team")
    assert come(another, provider) == 403, "let go here is let go"
    browser.get("/providers")
    browser.post("/providers/house/removal")
    assert another.get(DOOR).status_code == 404


def test_what_is_not_for_us_and_now_is_not_believed(
    browser: Browser, provider: FakeProvider, new_person: NewPerson, database: Database
) -> None:
    new_person("ada", Role.ADMIN)
    enter_provider(browser, provider, strength="two-factors")
    provider.who = somebody("nora", "care-team", acr="two-factors")
    wrongs: tuple[dict[str, Any], ...] = (
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"aud": "somebody else"},
        {"aud": [CLIENT, "somebody else"]},
        {"azp": "somebody else"},
        {"iss": "https://login.example.com"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": 9_999_999_999},
        {"sub": ""},
        {"acr": "password"},
    )
    for lies in wrongs:
        provider.lies = lies
        assert come(browser, provider) == 401, lies
    provider.lies = {}
    provider.forged = RSAKey.generate_key(2048)
    assert come(browser, provider) == 401, "signed by somebody else"
    provider.forged = None
    people = database.read(lambda tx: tx.execute("select count(*) from person").fetchone())
    assert people == (1,)
    assert come(browser, provider) == 303


def test_a_way_back_opens_once_in_the_browser_that_left(
    browser: Browser, another: Browser, provider: FakeProvider, new_person: NewPerson
) -> None:
    new_person("ada", Role.ADMIN)
    enter_provider(browser, provider)
    provider.who = somebody("nora", "care-team")
    for wrong in ("state=made-up&code=x", "state=&code=", "error=access_denied", "state=%00"):
        assert browser.get(f"{DOOR}/back?{wrong}").status_code in (410, 422), wrong
    back = way_back(provider, browser.get(DOOR).headers["location"])
    another.get("/sign-in")
    assert another.get(back).status_code == 410, "begun in another browser"
    assert browser.get(back).status_code == 410, "and used up by that"
    back = way_back(provider, browser.get(DOOR).headers["location"])
    other = re.sub("iss=[^&]+", "iss=https%3A%2F%2Flogin.example.com", back)
    assert browser.get(other).status_code == 410, "from another provider"
    back = way_back(provider, browser.get(DOOR).headers["location"])
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 410, "a state opens once"
    away = browser.get(DOOR).headers["location"]
    query = parse_qs(urlsplit(away).query)
    stolen = f"{DOOR}/back?code=never-given&state={query['state'][0]}"
    assert browser.get(stolen).status_code == 503, "the provider does not know this code"


def test_new_keys_are_looked_up_and_not_all_the_time(
    browser: Browser, provider: FakeProvider, new_person: NewPerson
) -> None:
    new_person("ada", Role.ADMIN)
    enter_provider(browser, provider)
    provider.who = somebody("nora", "care-team")
    assert [come(browser, provider) for _ in range(2)] == [303, 303]
    assert provider.asked.count("/keys") == 1
    provider.rotate()
    assert come(browser, provider) == 401, "looked up a moment ago"
    directory, now = Directory(Asking(inside=True)), clock.now()

    def known(kid: str | None, seconds: int) -> bool:
        keys = directory.keys(provider.issuer, kid, now + timedelta(seconds=seconds))
        return kid in {each.kid for each in keys.keys}

    old = provider.keys[0].kid
    assert known(old, 0)
    provider.rotate()
    new = provider.keys[0].kid
    assert [known(new, 9), known(new, 11), known(old, 11)] == [False, True, False]
    provider.named = "https://login.example.com"
    with pytest.raises(ProviderSilent):
        Directory(Asking(inside=True)).endpoints(provider.issuer, now)
    provider.port = 1
    with pytest.raises(ProviderSilent):
        directory.keys(provider.issuer, None, now)


def test_who_came_by_a_provider_shows_there_again_who_they_are(
    browser: Browser, provider: FakeProvider, new_person: NewPerson, database: Database
) -> None:
    new_person("ada", Role.ADMIN)
    enter_provider(browser, provider)
    provider.who = somebody("nora", "care-team")
    assert come(browser, provider) == 303
    late = "update session set proven_at = proven_at - interval '11 minutes'"
    database.transact(lambda tx: tx.execute(late))
    browser.get("/account")
    assert browser.post("/account/second-factor").headers["location"].startswith("/prove")
    browser.get("/prove?next=/account")
    assert "Show it at House of Linen" in browser.text
    before = browser.cookies["ovunque"]
    door = "/prove/with/house?next=/account"
    assert "prompt=login" in browser.get(door).headers["location"]
    provider.lies = {"auth_time": 1_700_000_000}
    assert come(browser, provider, door) == 401, "that was long ago"
    provider.lies = {"sub": "somebody else"}
    assert come(browser, provider, door) == 401
    provider.lies = {}
    assert come(browser, provider, door) == 303
    assert browser.cookies["ovunque"] != before
    browser.get("/account")
    assert browser.post("/account/second-factor").status_code == 200


def test_roles_of_a_provider_are_written_in_words(
    browser: Browser, provider: FakeProvider, new_person: NewPerson, database: Database
) -> None:
    new_person("ada", Role.ADMIN)
    browser.sign_in("ada")
    browser.get("/providers")
    assert "Store manager" in browser.text
    assert "store_manager" not in browser.text
    browser.post("/preferences", language="it", theme="system", next="/providers")
    browser.get("/providers")
    assert "Responsabile" in browser.text
    assert "store_manager" not in browser.text
    wrong = browser.post("/providers", **form(provider, roles="capi = re"))
    assert wrong.status_code == 422
    assert "“capi = re” non è" in browser.text
    told = "capi = responsabile di negozio\ncura = care"
    assert browser.post("/providers", **form(provider, roles=told)).status_code == 303
    (entered,) = database.read(list_providers)
    assert entered.roles == (("capi", Role.STORE_MANAGER), ("cura", Role.CARE))


def test_providers_are_entered_whole_or_not_at_all(
    browser: Browser, provider: FakeProvider, new_person: NewPerson
) -> None:
    new_person("ada", Role.ADMIN)
    browser.sign_in("ada")
    wrongs = (
        {"code": "No Code"},
        {"name": ""},
        {"issuer": "http://login.example.com"},
        {"issuer": "ftp://x"},
        {"issuer": f"{provider.issuer}?x=1"},
        {"roles": "shop-managers"},
        {"roles": "shop-managers = king"},
        {"roles": ""},
        {"location_claim": ""},
    )
    for wrong in wrongs:
        browser.get("/providers")
        assert browser.post("/providers", **form(provider, **wrong)).status_code == 422, wrong
        assert SECRET not in browser.text
    browser.get("/providers")
    assert browser.post("/providers", **form(provider)).status_code == 303
    browser.get("/providers")
    assert SECRET not in browser.text
    assert browser.post("/providers", **form(provider)).status_code == 409
    assert PASSWORD not in browser.text
