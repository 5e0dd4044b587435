"""Who comes in, who does not, and what a browser is told on the way."""

import logging

import pytest
from starlette.types import ASGIApp
from tests.web.conftest import Browser, NewPerson

from ovunque.access.model import Role
from ovunque.access.rules import ACCOUNT_TRIES_MAX


def test_nobody_gets_further_than_the_door(browser: Browser) -> None:
    answer = browser.get("/orders?status=open")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Forders%3Fstatus%3Dopen"
    partial = browser.get("/orders", headers={"HX-Request": "true"})
    assert (partial.status_code, partial.headers["hx-redirect"]) == (
        204,
        "/sign-in?next=%2Forders",
    )
    where = {"HX-Request": "true", "HX-Current-URL": "http://testserver/tasks?band=pick"}
    news = browser.get("/tasks?band=pick&seen=1", headers=where)
    assert news.headers["hx-redirect"] == "/sign-in?next=%2Ftasks%3Fband%3Dpick"


def test_who_signs_in_goes_where_they_wanted(browser: Browser, new_person: NewPerson) -> None:
    new_person("chiara")
    browser.get("/sign-in?next=/locations")
    before = browser.cookies["ovunque"]
    answer = browser.post("/sign-in", login="chiara", password="correct horse battery", next="/x")
    assert (answer.status_code, answer.headers["location"]) == (303, "/x")
    assert browser.cookies["ovunque"] != before, "a token from before is not one from after"
    assert browser.get("/sign-in").headers["location"] == "/"


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/\x00", ""]
)
def test_nobody_is_sent_elsewhere(browser: Browser, new_person: NewPerson, elsewhere: str) -> None:
    new_person("chiara")
    browser.get("/sign-in")
    answer = browser.post(
        "/sign-in", login="chiara", password="correct horse battery", next=elsewhere
    )
    assert answer.headers["location"] == "/"


def test_a_wrong_password_is_told_and_the_name_stays(
    browser: Browser, new_person: NewPerson
) -> None:
    new_person("chiara")
    answer = browser.sign_in("chiara", "wrong")
    assert answer.status_code == 401
    assert "This name and this password do not belong together." in browser.text
    assert 'value="chiara"' in browser.text
    for _ in range(ACCOUNT_TRIES_MAX - 1):
        browser.sign_in("chiara", "wrong")
    assert browser.sign_in("chiara").status_code == 429


def test_each_role_has_its_start(app: ASGIApp, new_person: NewPerson) -> None:
    starts = {
        Role.CARE: "/orders",
        Role.MERCHANDISER: "/orders",
        Role.EXECUTIVE: "/orders",
        Role.ADMIN: "/people",
        Role.SELLER: "/items",
        Role.ASSOCIATE: "/tasks",
        Role.STORE_MANAGER: "/tasks",
    }
    for role, start in starts.items():
        new_person(role.value.replace("_", "-"), role)
        browser = Browser(app)
        browser.sign_in(role.value.replace("_", "-"))
        assert browser.get("/").headers["location"] == start
        assert browser.get(start).status_code == 200, browser.text
        browser.close()


def test_a_form_from_elsewhere_changes_nothing(browser: Browser, new_person: NewPerson) -> None:
    new_person("chiara")
    browser.sign_in("chiara")
    browser.get("/people")
    browser.get("/locations")
    key = {"form_key": browser.text.partition('name="form_key" value="')[2][:64]}
    wanted = {"language": "it", "theme": "dark"}
    for told, headers in (
        (wanted, {}),
        (wanted | {"form_key": "0" * 64}, {}),
        (wanted | key, {"Sec-Fetch-Site": "cross-site"}),
        (wanted | key, {"Sec-Fetch-Site": "same-site"}),
        (wanted | key, {"Origin": "https://evil.example"}),
    ):
        answer = browser.send("POST", "/preferences", data=told, headers=headers)
        assert answer.status_code == 403, (told, headers)
    assert browser.send("POST", "/preferences", json=wanted | key).status_code == 403
    assert browser.send("POST", "/preferences", data=wanted | key).status_code == 303


def test_language_and_colors_stay(browser: Browser, new_person: NewPerson) -> None:
    new_person("chiara")
    browser.get("/sign-in", headers={"Accept-Language": "de, it;q=0.8, en;q=0.5"})
    assert '<html lang="it"' in browser.text
    browser.post("/language", language="en", next="/sign-in")
    browser.get("/sign-in", headers={"Accept-Language": "it"})
    assert '<html lang="en"' in browser.text
    browser.sign_in("chiara")
    browser.get("/locations")
    browser.post("/preferences", language="it", theme="dark", next="/locations")
    browser.get("/locations")
    assert '<html lang="it" data-theme="dark">' in browser.text


def test_who_signs_out_is_out(browser: Browser, new_person: NewPerson) -> None:
    new_person("chiara")
    browser.sign_in("chiara")
    browser.get("/locations")
    assert browser.post("/sign-out").headers["location"] == "/sign-in"
    assert browser.get("/locations").status_code == 303


def test_what_every_answer_carries(browser: Browser, new_person: NewPerson) -> None:
    new_person("ada", Role.ADMIN)
    page = browser.get("/sign-in").headers
    assert page["content-security-policy"].startswith("default-src 'self'; object-src 'none'")
    assert "unsafe" not in page["content-security-policy"]
    assert page["cache-control"] == "no-store"
    assert page["x-content-type-options"] == "nosniff"
    cookie = page["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    elsewhere = browser.send("GET", "https://shop.example/sign-in").headers["set-cookie"]
    assert elsewhere.startswith("__Host-ovunque=")
    assert "Secure" in elsewhere
    assert "Domain" not in elsewhere


def test_styles_are_kept_for_ever_and_nothing_else_is_served(browser: Browser) -> None:
    browser.get("/sign-in")
    address = "/static/" + browser.text.partition('href="/static/')[2].partition("/")[0]
    style = browser.get(f"{address}/app.css")
    assert style.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert style.headers["content-encoding"] == "gzip"
    assert browser.get("/static/0/app.css").headers["cache-control"] == "no-cache"
    for path in ("/static/0/../pages.py", "/static/0/nothing.css", "/static/0/css/tokens.css"):
        assert browser.get(path).status_code == 404


def test_an_unknown_address_is_a_page_too(browser: Browser) -> None:
    answer = browser.get("/nowhere", headers={"Accept-Language": "it"})
    assert answer.status_code == 404
    assert "Non trovato" in browser.text
    assert browser.send("DELETE", "/sign-in").status_code == 405


def test_no_log_holds_a_password(
    browser: Browser,
    new_person: NewPerson,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    new_person("chiara")
    browser.sign_in("chiara", "a canary of a password")
    browser.sign_in("chiara")
    told = "".join(capfd.readouterr()) + caplog.text
    assert "canary" not in told
    assert browser.cookies["ovunque"] not in told
