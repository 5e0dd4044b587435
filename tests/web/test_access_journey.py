"""Doors in a real browser: a phone's code, the PIN of a tablet, a session ended, a key rotated."""

import re

from playwright.sync_api import Page, expect
from tests.providers import CLIENT, SECRET, providing
from tests.web.conftest import NewPage
from tests.web.living import PASSWORD, Living, enter
from tests.web.test_access import code_of
from tests.web.test_accessibility import ALL, RUN, axe
from tests.web.wares import MILAN

from ovunque.access.model import Language, Role
from ovunque.platform import clock


def look(page: Page) -> None:
    """Nothing for axe to complain of."""
    page.evaluate(axe())
    assert page.evaluate(RUN, ALL) == []


def newcomer(alive: Living, login: str, role: Role, at: str | None = None) -> str:
    person = (login, login.title(), role, at, Language.ENGLISH)
    enter(alive.database, clock.new_id_source(), person)
    return login


def test_the_code_of_a_phone_is_set_up_asked_for_and_a_session_is_ended(
    alive: Living, new_page: NewPage
) -> None:
    login = newcomer(alive, "nora", Role.CARE)
    page = new_page(login)
    page.goto("/account")
    page.get_by_role("button", name="Set up your phone").click()
    expect(page.get_by_role("img", name="QR code of your secret")).to_be_visible()
    look(page)
    page.get_by_label("Code", exact=True).fill(code_of(alive.database, login, -1))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Keep these codes")).to_be_visible()
    look(page)
    other = new_page()
    other.goto("/sign-in")
    other.get_by_label("Name").fill(login)
    other.get_by_label("Password").fill(PASSWORD)
    other.keyboard.press("Enter")
    expect(other.get_by_role("heading", name="One more step")).to_be_visible()
    look(other)
    other.get_by_label("Code").fill(code_of(alive.database, login))
    other.keyboard.press("Enter")
    other.wait_for_url(re.compile("/orders"))
    page.goto("/account")
    expect(page.get_by_text("this one")).to_have_count(1)
    elsewhere = page.locator("li.run").filter(has_not_text="this one")
    expect(elsewhere).to_have_count(1)
    elsewhere.get_by_role("button", name=re.compile("End")).click()
    expect(page.locator("li.run")).to_have_count(1)
    other.goto("/orders")
    other.wait_for_url(re.compile("/sign-in"))


def test_a_tablet_is_bound_and_entered_by_a_pin(alive: Living, new_page: NewPage) -> None:
    login = newcomer(alive, "gino", Role.STORE_MANAGER, MILAN)
    page = new_page(login)
    page.goto("/account")
    page.get_by_label("New PIN, six digits").fill("804211")
    page.get_by_role("button", name="Save the PIN").click()
    page.goto("/devices")
    page.get_by_label("Name of this device").fill("Tablet at the till")
    page.keyboard.press("Enter")
    expect(page.get_by_text("this one")).to_be_visible()
    look(page)
    page.context.clear_cookies(name="ovunque")
    page.goto("/sign-in")
    expect(page.get_by_label("Who you are")).to_be_visible()
    look(page)
    page.get_by_label("Who you are").select_option("Gino")
    page.get_by_label("PIN").fill("804211")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/tasks"))


def test_a_key_is_made_and_rotated(alive: Living, new_page: NewPage) -> None:
    page = new_page("ada")
    page.goto("/keys")
    page.get_by_label("Program").fill("Till of Milan")
    page.get_by_label("Look things up", exact=True).check()
    page.get_by_role("button", name="Make a key").click()
    first = page.locator("code.secret").inner_text()
    look(page)
    page.get_by_role("button", name=f"Rotate …{first[-4:]}").click()
    expect(page.locator("code.secret")).not_to_have_text(first)
    expect(page.get_by_text("Ends soon")).to_have_count(1)


def test_people_come_in_by_their_companys_own_door(alive: Living, new_page: NewPage) -> None:
    with providing() as provider:
        provider.who = {"sub": "1", "preferred_username": "zoe", "groups": "desk", "name": "Zoe"}
        page = new_page("ada")
        page.goto("/providers")
        for label, told in (
            ("Name on the button", "House of Linen"),
            ("Code", "linen"),
            ("Issuer", provider.issuer),
            ("Client", CLIENT),
            ("Its secret, if it has one", SECRET),
            ("Claim for roles", "groups"),
            ("Roles by value of the claim", "desk = care"),
        ):
            page.get_by_label(label, exact=True).fill(told)
        page.get_by_role("button", name="Add the provider").click()
        expect(page.get_by_text("/sign-in/with/linen/back")).to_be_visible()
        look(page)
        other = new_page()
        other.goto("/sign-in?next=/account")
        look(other)
        other.get_by_role("link", name="Sign in with House of Linen").click()
        expect(other.get_by_role("heading", name="Your access")).to_be_visible()
        page.get_by_role("button", name="Remove House of Linen").click()
        expect(page.get_by_text("/sign-in/with/linen/back")).to_have_count(0)
