"""Numbers of parcels, as everybody in the trade writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovunque.kernel.gs1 import check_digit, sscc
from ovunque.kernel.text import is_gtin


@pytest.mark.parametrize(
    ("digits", "wanted"),
    [("37610425002123456", "9"), ("629104150021", "3"), ("0", "0"), ("7", "9")],
)
def test_check_digits_are_those_of_the_specification(digits: str, wanted: str) -> None:
    assert check_digit(digits) == wanted


@given(st.text("0123456789", min_size=13, max_size=13))
def test_a_gtin_with_its_check_digit_is_one(digits: str) -> None:
    assert is_gtin(digits + check_digit(digits))


def test_a_parcel_number_carries_prefix_and_serial() -> None:
    assert sscc("9521234", 42) == "095212340000000426"
    assert sscc("9521234567", 42)[:11] == "09521234567"


def test_a_serial_too_long_for_its_place_goes_on_in_the_extension_digit() -> None:
    assert sscc("9521234", 1_000_000_000)[0] == "1"


@given(st.integers(7, 10).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n)))
def test_every_serial_has_a_number_of_its_own(prefix: str) -> None:
    numbers = {sscc(prefix, serial) for serial in range(0, 10**7, 9_973)}
    assert len(numbers) == len(range(0, 10**7, 9_973))
    assert all(len(number) == 18 for number in numbers)
