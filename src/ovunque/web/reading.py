"""Numbers as people write them, with a comma or a point, as whole small units."""

import re

from ovunque.kernel.refusal import Refusal

DECIMAL = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,6}))?")
WHOLE_DIGITS_MAX, ALL_DIGITS_MAX = 7, 9


def small_units(text: str, digits: int) -> int:
    """`5,40` with two digits is 540; more digits than there are small units are refused."""
    found = DECIMAL.fullmatch(text.strip())
    decimals = (found[2] or "") if found else ""
    whole_max = max(WHOLE_DIGITS_MAX, ALL_DIGITS_MAX - digits)
    if found is None or len(found[1]) > whole_max or len(decimals.rstrip("0")) > digits:
        raise Refusal("invalid", detail=f"“{text[:20]}” is no number such as 5.40.")
    return int(found[1] + decimals[:digits].ljust(digits, "0"))


def written(value: int, digits: int) -> str:
    """540 with two digits as `5.40`, as a field takes it."""
    whole, rest = divmod(value, 10**digits)
    return f"{whole}.{rest:0{digits}}" if digits else str(whole)


def short(value: int, digits: int) -> str:
    """The same without the zeros that say nothing: `5.4`."""
    return written(value, digits).rstrip("0").rstrip(".")
