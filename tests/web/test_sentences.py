"""Refusals speak one language: what they name and why they refuse, too."""

import pytest
from tests.web.conftest import Browser, NewPerson

from ovunque.access.model import Language, Role
from ovunque.kernel.refusal import Refusal
from ovunque.web.sentences import explain, spoken

IT, EN = Language.ITALIAN, Language.ENGLISH


@pytest.mark.parametrize(
    ("said", "italian"),
    [
        ("this page", "questa pagina"),
        ("location MI-{01}", "la sede MI-{01}"),
        ("location group stores", "il gruppo di sedi stores"),
        ("There is no item X.", "Non c\u2019è l\u2019articolo X."),
        ("There is no such wind.", "Non c\u2019è such wind."),
        ("nobody has words for this", "nobody has words for this"),
    ],
)
def test_things_and_reasons_are_told_in_the_language_of_the_page(said: str, italian: str) -> None:
    assert spoken(IT, said) == italian
    assert spoken(EN, said) == said


def test_a_refusal_is_whole_in_one_language() -> None:
    told = explain(IT, Refusal("not_found", what="location MI-09"))
    assert told == "Qui non esiste: la sede MI-09."
    short = "A: 0 of 1 available, B: no location can bring it there like this"
    told = explain(IT, Refusal("out_of_stock", short=short))
    assert "A: 0 di 1 disponibili, B: nessuna sede può portarlo lì così" in told
    told = explain(IT, Refusal("invalid", detail="/steps/0: At least one is needed."))
    assert "/steps/0: Ne serve almeno uno" in told


def test_a_page_that_is_not_there_says_so_in_italian(
    browser: Browser, new_person: NewPerson
) -> None:
    new_person("ada", Role.ADMIN)
    browser.sign_in("ada")
    browser.get("/people")
    browser.post("/preferences", language="it", theme="system", next="/people")
    assert browser.get("/orders").status_code == 404
    assert "questa pagina" in browser.text
    browser.get("/people")
    told = {"login": "!", "name": "Rita", "role": Role.CARE, "location": ""}
    assert browser.post("/people", **told).status_code == 422
    assert "minuscole" in browser.text
    assert "small letters" not in browser.text
