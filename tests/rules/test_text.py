"""Text from outside: one spelling, nothing that a database or a reader stumbles over."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovunque.kernel.text import is_clean, is_code, is_gtin, normal, search_key

anything = st.text(st.characters(codec=None, exclude_categories=()))


@given(anything)
def test_clean_text_can_be_stored_and_sent(text: str) -> None:
    """PostgreSQL refuses NUL, UTF-8 has no surrogates, XML and terminals choke on the rest."""
    if is_clean(text):
        assert "\x00" not in text.encode().decode()
        kinds = {unicodedata.category(each) for each in text if each not in "\t\n\r"}
        assert not kinds & {"Cc", "Cs"}


DIRTY = ["\x00", "\x07", "\x1b[31m", "\x7f", "\x85", "\ud800", "\udfff", "\ufffe", "\uffff"]


@pytest.mark.parametrize("found", DIRTY, ids=ascii)
def test_one_forbidden_character_spoils_the_text(found: str) -> None:
    assert not is_clean(found)
    assert not is_clean(f"Via Roma {found} 1")


@pytest.mark.parametrize(
    "text", ["", "Piazza del Duomo\n2º piano\t→ citofono", "東京", "👩‍👩‍👧", "a\u0301"]
)
def test_what_people_write_is_clean(text: str) -> None:
    assert is_clean(text)


@given(st.text())
def test_equal_looking_text_has_one_spelling(text: str) -> None:
    composed, apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))

    assert normal(composed) == normal(apart) == normal(normal(text))


@given(st.text())
def test_a_search_key_does_not_ask_how_text_was_typed(text: str) -> None:
    key = search_key(text)

    assert search_key(f"  {unicodedata.normalize('NFD', text)}\n") == key == search_key(key)


ALIKE = [
    ("STRASSE", "straße"),
    ("Perù", "PERU\u0300"),
    ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    (" Rossi ", "rossi"),
    ("α\u0345\u0301", "ᾴ"),  # Folding parts what was not composed before.
    ("\u0390", "Ϊ\u0301"),  # And leaves apart what has to be composed behind.
]


@pytest.mark.parametrize(("one", "other"), ALIKE, ids=ascii)
def test_a_search_finds_it_however_it_is_written(one: str, other: str) -> None:
    assert search_key(one) == search_key(other)


@pytest.mark.parametrize("text", ["A", "7", "web-it", "COAT.38/R+L_2", "x" * 64, "a.b"])
def test_a_retailers_code_is_taken(text: str) -> None:
    assert is_code(text)


NO_CODES = [
    "",
    " ",
    "-a",
    "a-",
    "a b",
    "x" * 65,
    "città",
    "a\n",
    "\na",
    "٣",
    "a\x00b",
    "a,b",
    "a;b",
    ".",
]


@pytest.mark.parametrize("text", NO_CODES, ids=ascii)
def test_what_would_break_a_file_or_an_address_is_no_code(text: str) -> None:
    assert not is_code(text)


GTINS = ["96385074", "036000291452", "4006381333931", "10614141000415"]


@pytest.mark.parametrize("text", GTINS)
def test_a_barcode_is_known_by_its_check_digit(text: str) -> None:
    assert is_gtin(text)
    wrong = [text[:-1] + digit for digit in "0123456789" if digit != text[-1]]
    assert not any(map(is_gtin, wrong))


@given(st.sampled_from(GTINS), st.data())
def test_one_misread_digit_is_always_noticed(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text) - 1))
    digit = data.draw(st.sampled_from([each for each in "0123456789" if each != text[at]]))

    assert not is_gtin(text[:at] + digit + text[at + 1 :])


@pytest.mark.parametrize(
    "text", ["", "0", "123456789", "4006381333931 ", "٤٠٠٦٣٨١٣٣٣٩٣١", "-9638507"]
)
def test_other_text_is_no_barcode(text: str) -> None:
    assert not is_gtin(text)
