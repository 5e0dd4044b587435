"""Columns that are called otherwise: found by likeness, taken by their names."""

import pytest

from ovunque.integrations.files.renaming import parse_renames, renamed, suggest
from ovunque.kernel.refusal import Refusal

STOCK = ("location", "sku", "on_hand", "as_of")


@pytest.mark.parametrize(
    ("theirs", "found"),
    [
        (("Magazzino", "Cod. Articolo", "Giacenza", "Data"), STOCK),
        (("Location", "SKU", "OnHand", "As Of"), STOCK),
        (("store", "item code", "qty", "counted_at"), STOCK),
    ],
)
def test_columns_are_suggested_by_name_and_alias(
    theirs: tuple[str, ...], found: tuple[str, ...]
) -> None:
    assert suggest(STOCK, theirs) == dict(zip(theirs, found, strict=True))


def test_nothing_is_suggested_twice_and_no_stranger_at_all() -> None:
    assert suggest(STOCK, ("location", "negozio", "colore")) == {}
    assert suggest(STOCK, ("negozio", "magazzino")) == {"negozio": "location"}


def test_a_column_with_our_name_keeps_it() -> None:
    assert renamed(("Sede", "sku"), {"Sede": "location"}) == ("location", "sku")
    assert renamed(("Sede", "location"), {"Sede": "location"}) == ("Sede", "location")


@pytest.mark.parametrize("told", ["location", "=location", "Sede=", f"{'x' * 101}=location"])
def test_who_says_less_than_both_names_is_refused(told: str) -> None:
    with pytest.raises(Refusal):
        parse_renames([told])


def test_a_name_may_have_an_equals_sign_and_there_are_not_endlessly_many() -> None:
    assert parse_renames(["a = b=location"]) == {"a = b": "location"}
    assert parse_renames(["Quantita\N{COMBINING GRAVE ACCENT}=on_hand"]) == {"Quantità": "on_hand"}
    with pytest.raises(Refusal):
        parse_renames(f"c{nth}=location" for nth in range(101))
