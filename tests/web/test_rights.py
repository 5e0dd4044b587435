"""Rights are told in words before they are given."""

from tests.web.conftest import Browser, NewPerson

from ovunque.access.model import Language, Role
from ovunque.web import rights
from ovunque.web.language import say


def test_rights_are_told_in_words_before_they_are_given(
    browser: Browser, new_person: NewPerson
) -> None:
    """Whoever makes a key or invites somebody reads what that allows, in their language."""
    new_person("ada", Role.ADMIN)
    browser.sign_in("ada")
    browser.get("/keys")
    browser.post("/keys", client="till", scopes=["promise:cost", "read"])
    assert ">Look things up</span>, <span" in browser.text, "a key says what it may do"
    browser.get("/keys")
    browser.post("/preferences", language="it", theme="system", next="/keys")
    browser.get("/keys")
    for right in rights.SCOPE.values():
        assert say(Language.ITALIAN, right.name) in browser.text
        assert say(Language.ITALIAN, right.allows) in browser.text
    browser.get("/people")
    assert all(say(Language.ITALIAN, each) in browser.text for each in rights.ROLE_MAY.values())
