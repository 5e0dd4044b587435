"""What stands in a cell is read exactly, or not at all."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovunque.integrations.files import cells
from ovunque.integrations.files.bad import Wrong
from ovunque.integrations.files.cells import MOMENT


@pytest.mark.parametrize(
    "text", ["", " 7", "7 ", "7\n", "+7", "1_0", "١٢", "1.0", "1e3", "0x1", "--1", "1234567890"]
)
def test_what_is_no_whole_number_is_not_read_as_one(text: str) -> None:
    with pytest.raises(Wrong):
        cells.parse_integer(text)


@given(st.integers(-999_999_999, 999_999_999))
def test_whole_numbers_are_read(number: int) -> None:
    assert cells.parse_integer(str(number)) == number


@given(st.integers(-180_000_000, 180_000_000))
def test_degrees_are_read_to_the_millionth(value_e6: int) -> None:
    assert cells.parse_degrees(cells.text_of_degrees(value_e6)) == value_e6
    assert cells.PLACE.parse(cells.PLACE.of_json(cells.PLACE.to_json(value_e6))) == value_e6


@pytest.mark.parametrize(
    "text", ["45,5", "1e2", "45.1234567", ".5", "5.", "+5", "٤", "nan", "1000"]
)
def test_what_are_no_degrees_are_not_read_as_some(text: str) -> None:
    with pytest.raises(Wrong):
        cells.parse_degrees(text)


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_instants_are_read_back(instant: datetime) -> None:
    assert MOMENT.parse(MOMENT.text(instant)) == instant


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02",
        "2026-03-02T10:00:00",
        "2026-03-02 10:00:00Z",
        "2026-3-2T10:00:00Z",
        "2026-03-02T24:30:00Z",
        "2026-03-02T23:59:60Z",
        "2026-03-02T10:00:00+25:00",
        "0001-01-01T00:00:00+23:59",
        "1969-12-31T23:59:59Z",
        "now",
    ],
)
def test_what_is_no_instant_is_not_read_as_one(text: str) -> None:
    with pytest.raises(Wrong):
        cells.parse_instant(text)
