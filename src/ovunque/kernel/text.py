"""Text from outside: one spelling, nothing invisible."""

import re
import unicodedata

# Control characters, surrogates and the two noncharacters that PostgreSQL or JSON stumble over.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/+-]{0,62}[A-Za-z0-9])?")


def is_clean(text: str) -> bool:
    """No control characters (tab and line ends may stay) and no lone surrogates."""
    return text.isprintable() or not FORBIDDEN.search(text)


def normal(text: str) -> str:
    """One spelling for equal-looking text (NFC)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def search_key(text: str) -> str:
    """What equal-sounding text compares by: normal form, case folded, blanks trimmed."""
    return normal(normal(text).casefold()).strip()


def is_code(text: str) -> bool:
    """A retailer's own code: 1 to 64 letters, digits and `. _ / + -`, no blanks."""
    return CODE.fullmatch(text) is not None


def is_gtin(text: str) -> bool:
    """A GTIN-8, 12, 13 or 14 with its right check digit (GS1 General Specifications, 7.9)."""
    if len(text) not in (8, 12, 13, 14) or not (text.isascii() and text.isdigit()):
        return False
    weighted = sum(int(digit) * (3, 1)[at % 2] for at, digit in enumerate(reversed(text[:-1])))
    return (weighted + int(text[-1])) % 10 == 0
