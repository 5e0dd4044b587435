"""What an item must be, before any database sees it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from ovunque.catalog import rules
from ovunque.catalog.model import ItemRequest
from ovunque.catalog.rules import Surroundings
from ovunque.kernel.refusal import Fault

COAT = ItemRequest(
    sku="COAT-M",
    product="COAT",
    titles={"en": "Rain coat", "it": "Impermeabile"},
    gtins=("4006381333931", "96385074"),
    category="jackets",
    weight_g=900,
    price_cents=12_900,
)
SET = ItemRequest(
    sku="SET",
    product="SET",
    titles={"en": "Coat and hat"},
    weight_g=1_200,
    components=(("HAT", 1), ("COAT-M", 1)),
)
AROUND = Surroundings(skus={"COAT-M", "HAT", "SET"}, bundles={"SET"}, parts={"HAT"}, owners={})


def found(faults: Iterable[Fault]) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in faults]


def test_a_good_item_has_no_fault() -> None:
    assert rules.check_item(COAT) == rules.check_item(SET) == ()


@pytest.mark.parametrize(
    ("field", "value", "pointer", "fault"),
    [
        ("sku", "COAT M", "/sku", "malformed"),
        ("product", "", "/product", "malformed"),
        ("titles", {"it": "Cappotto"}, "/titles/en", "missing"),
        ("titles", {"en": "Coat", "xx/yy": "?"}, "/titles", "malformed"),
        ("titles", {"en": "Coat", "it": ""}, "/titles/it", "malformed"),
        ("gtins", ("4006381333931", "4006381333932"), "/gtins/1", "malformed"),
        ("gtins", ("",), "/gtins/0", "malformed"),
        ("category", "x" * 101, "/category", "out_of_bounds"),
        ("season", "", "/season", "malformed"),
        ("color", "re\x07d", "/color", "malformed"),
        ("size", "", "/size", "malformed"),
        ("condition", "worn", "/condition", "unknown_value"),
        ("weight_g", 0, "/weight_g", "out_of_bounds"),
        ("weight_g", 1_000_001, "/weight_g", "out_of_bounds"),
        ("length_mm", 0, "/length_mm", "out_of_bounds"),
        ("width_mm", 100_001, "/width_mm", "out_of_bounds"),
        ("height_mm", -1, "/height_mm", "out_of_bounds"),
        ("price_cents", 100_000_001, "/price_cents", "out_of_bounds"),
        ("cost_cents", -1, "/cost_cents", "out_of_bounds"),
        ("components", (("HAT", 0),), "/components/0/quantity", "out_of_bounds"),
        ("components", (("HAT", 1), ("HAT", 2)), "/components/1/sku", "duplicate"),
        ("components", (("a hat", 1),), "/components/0/sku", "malformed"),
        ("components", (("COAT-M", 1),), "/components/0/sku", "nested"),
    ],
)
def test_an_item_out_of_shape_is_told_by_its_field(
    field: str, value: Any, pointer: str, fault: str
) -> None:
    assert found(rules.check_item(replace(COAT, **{field: value}))) == [(pointer, fault)]


def test_a_bundle_holds_single_items_that_exist() -> None:
    assert found(rules.check_surroundings(SET, AROUND)) == []
    nested = replace(SET, sku="BIG-SET", components=(("SET", 1), ("GLOVE", 1)))
    assert found(rules.check_surroundings(nested, AROUND)) == [
        ("/components/0/sku", "nested"),
        ("/components/1/sku", "unknown_reference"),
    ]


def test_a_part_of_a_bundle_does_not_become_one() -> None:
    hat = replace(SET, sku="HAT", components=(("COAT-M", 1),))
    assert found(rules.check_surroundings(hat, AROUND)) == [("/components", "nested")]


def test_a_barcode_is_one_items() -> None:
    long = {"04006381333931": "OTHER"}
    around = replace(AROUND, owners=rules.first_owners([COAT], long))
    assert found(rules.check_surroundings(COAT, around)) == [("/gtins/0", "duplicate")]


def test_a_barcode_moves_within_a_batch_and_belongs_to_the_first_that_names_it() -> None:
    hat = replace(SET, sku="HAT", components=(), gtins=("4006381333931",))
    without = replace(COAT, gtins=())
    assert rules.first_owners([without, hat], {"04006381333931": "COAT-M"}) == {
        "04006381333931": "HAT"
    }
    around = replace(AROUND, owners=rules.first_owners([COAT, hat], {}))
    assert found(rules.check_surroundings(COAT, around)) == []
    assert found(rules.check_surroundings(hat, around)) == [("/gtins/0", "duplicate")]


def test_equal_items_are_equal_however_their_sets_are_ordered() -> None:
    assert rules.tidy(COAT).gtins == ("00000096385074", "04006381333931")
    other = replace(SET, components=(("COAT-M", 1), ("HAT", 1)))
    assert rules.tidy(SET) == rules.tidy(other)


def test_an_item_is_found_by_any_fragment_in_any_case() -> None:
    text = rules.search_text(replace(COAT, titles={"en": "Straße COAT"}))
    assert all(each in text for each in ("coat-m", "strasse coat", "4006381333931"))
