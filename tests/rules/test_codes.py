"""Codes of phones are those of RFC 6238, and open once."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from ovunque.access.model import SecondFactor
from ovunque.access.rules import check_pin, code_at, may_come_from, step_of

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_the_codes_of_the_standard(seconds: int, code: str) -> None:
    """Appendix B of RFC 6238, the last six of its eight digits."""
    assert code_at(SECRET, seconds // 30) == code


def test_a_code_opens_once_and_half_a_minute_early_or_late() -> None:
    at = datetime.fromtimestamp(1_111_111_111, UTC)
    here = 1_111_111_111 // 30
    factor = SecondFactor(person_id=UUID(int=1), secret=SECRET)
    found = [step_of(factor, code_at(SECRET, here + drift), at) for drift in (-2, -1, 0, 1, 2)]
    assert found == [None, here - 1, here, here + 1, None]
    used = SecondFactor(person_id=UUID(int=1), secret=SECRET, last_step=here)
    assert step_of(used, code_at(SECRET, here), at) is None
    assert step_of(used, code_at(SECRET, here - 1), at) is None
    assert step_of(factor, "", at) is None
    assert step_of(factor, "é" * 6, at) is None


def test_easy_pins_are_refused() -> None:
    assert not list(check_pin("804211"))
    for easy in ("111111", "123456", "12345", "1234567", "abcdef", "", "٣٣٣٣٣٣"):
        assert list(check_pin(easy)), easy


def test_networks() -> None:
    nets = ["203.0.113.0/24", "2001:db8::/32"]
    assert may_come_from([], "anything")
    assert may_come_from(nets, "203.0.113.7")
    assert may_come_from(nets, "2001:db8::1")
    assert not may_come_from(nets, "198.51.100.1")
    assert not may_come_from(nets, "unknown")
