"""Numbers by the General Specifications of GS1: what a parcel is known by everywhere."""

SSCC_LENGTH = 18


def check_digit(digits: str) -> str:
    """The digit that makes a GS1 number whole: weights 3 and 1 in turn, from the right."""
    weighted = sum(int(digit) * (3, 1)[at % 2] for at, digit in enumerate(reversed(digits)))
    return str(-weighted % 10)


def sscc(company_prefix: str, serial: int) -> str:
    """The serial shipping container code of a parcel: extension, prefix, serial, check digit.

    The extension digit carries the serial on when its own digits are used up.
    """
    length = SSCC_LENGTH - 1 - len(company_prefix)
    number = str(serial % 10**length).zfill(length)
    body = number[0] + company_prefix + number[1:]
    return body + check_digit(body)
