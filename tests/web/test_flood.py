"""A flood of wrong passwords at the door: turned away before the database, and staff get in."""

from collections.abc import Iterator

import pytest
from starlette.types import ASGIApp
from structlog.testing import capture_logs
from tests.web.conftest import Browser, NewPerson
from tests.web.living import PASSWORD

from ovunque.access.admitting import STREET_BURST_SECONDS, STREET_PER_SECOND
from ovunque.access.rules import ACCOUNT_TRIES_MAX
from ovunque.api.application import create_api
from ovunque.api.call import Services
from ovunque.api.routes import HOT, ROUTERS
from ovunque.app import house_of, join
from ovunque.platform.database import Database
from ovunque.platform.http.express import Express
from ovunque.web.application import create_web
from ovunque.web.doors.gate import PATHS, SignInGate
from ovunque.web.live import Feed
from ovunque.web.routes import SCREENS

CROWD = int(2 * STREET_PER_SECOND * STREET_BURST_SECONDS)


@pytest.fixture
def gated(services: Services, feed: Feed) -> ASGIApp:
    """The whole application as it is served, gate included."""
    house = house_of(services, feed)
    behind = join(create_api(services, ROUTERS, HOT), create_web(house, SCREENS))
    return Express(behind, {}, "0" * 16, {path: SignInGate(house, path) for path in PATHS})


@pytest.fixture
def at_home(gated: ASGIApp) -> Iterator[Browser]:
    opened = Browser(gated)
    yield opened
    opened.close()


def tries(database: Database) -> dict[str, int]:
    rows = database.read(lambda tx: tx.execute("select key, tries from sign_in_try").fetchall())
    return dict(rows)


def flood(app: ASGIApp, path: str = "/sign-in", language: str = "en") -> list[tuple[int, str]]:
    """Wrong passwords from everywhere, for names that nobody has."""
    told = []
    stranger = Browser(app)
    stranger.get("/sign-in")
    for nth in range(CROWD):
        headers = {"X-Forwarded-For": f"198.51.100.{nth}", "Accept-Language": language}
        answer = stranger.send("POST", path, data={"login": f"n{nth}"}, headers=headers)
        told.append((answer.status_code, answer.headers.get("retry-after", "")))
        if answer.status_code == 503:
            assert answer.headers["content-security-policy"].startswith("default-src 'self'")
            assert answer.headers["cache-control"] == "no-store"
            assert f'<html lang="{language}"' in stranger.text
    stranger.close()
    return told


def test_a_flood_is_turned_away_unseen_and_who_was_here_before_gets_in(
    gated: ASGIApp, at_home: Browser, database: Database, new_person: NewPerson
) -> None:
    new_person("chiara")
    at_home.get("/sign-in", headers={"X-Forwarded-For": "203.0.113.7"})
    came = at_home.post("/sign-in", login="chiara", password=PASSWORD, next="/")
    assert came.status_code == 303
    at_home.get("/locations")
    at_home.post("/sign-out")
    with capture_logs() as logs:
        told = flood(gated, language="it")
        told += flood(gated, "/sign-in/pin")
    assert {status for status, _ in told} == {403, 503}, "some had no form of ours, most no turn"
    assert told.count((503, "2")) >= CROWD
    assert [each["event"] for each in logs].count("door.crowded") == 2, "one line a path, not each"
    assert tries(database) == {}, "nobody of them got as far as the database"

    assert at_home.sign_in("chiara").status_code == 303, "the browser carries a mark"
    colleague = Browser(gated)
    colleague.get("/sign-in")  # Without a proxy's word all of this comes from one address.
    assert colleague.sign_in("chiara").status_code == 303, "somebody came in from here before"
    colleague.close()


def test_who_tries_a_name_from_elsewhere_does_not_lock_out_its_owner(
    gated: ASGIApp, at_home: Browser, new_person: NewPerson
) -> None:
    new_person("chiara")
    assert at_home.sign_in("chiara").status_code == 303
    stranger = Browser(gated)
    stranger.get("/sign-in")
    wrong = [
        stranger.post("/sign-in", login="chiara", password="wrong", next="/").status_code
        for _ in range(ACCOUNT_TRIES_MAX + 1)
    ]
    assert wrong == [401] * ACCOUNT_TRIES_MAX + [429]
    assert stranger.sign_in("chiara").status_code == 429, "nor is it the right one any more"
    stranger.close()
    at_home.get("/locations")
    at_home.post("/sign-out")
    assert at_home.sign_in("chiara").status_code == 303
