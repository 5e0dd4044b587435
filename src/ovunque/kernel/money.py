"""Amounts in the smallest units of a currency, and as people write them."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

from babel import Locale
from babel.numbers import parse_pattern

# By ISO 4217, where it is not two. What a language likes to show is another matter: CLDR shows
# dinars without their hundredths, and an amount would look a hundred times as high.
DIGITS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


def digits_of(currency: str) -> int:
    """How many digits behind the point an amount has."""
    return DIGITS.get(currency, 2)


def decimal_of(minor: int, currency: str) -> Decimal:
    """1250 cents as 12.50."""
    return Decimal(minor).scaleb(-digits_of(currency))


def worded(minor: int, currency: str, locale: Locale, *, grouped: bool = True) -> str:
    """As somebody writes it who lives there: `12,50 €`."""
    digits = digits_of(currency)
    pattern = parse_pattern(locale.currency_formats["standard"].pattern)
    pattern.frac_prec = (digits, digits)
    with localcontext() as context:
        context.rounding = ROUND_HALF_UP
        text: str = pattern.apply(
            decimal_of(minor, currency),
            locale,
            currency=currency,
            currency_digits=False,
            group_separator=grouped,
        )
    return text


class Amount:
    """What somebody is told: in no language `12.50 EUR`."""

    __slots__ = ("currency", "minor")

    def __init__(self, minor: int, currency: str) -> None:
        self.minor = minor
        self.currency = currency

    def __str__(self) -> str:
        return f"{decimal_of(self.minor, self.currency)} {self.currency}"
