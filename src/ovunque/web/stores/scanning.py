"""What a scanner reads: a number, or a number within an address or an element string of GS1."""

import re

# The GTIN of a Digital Link (/01/…), and of an element string, in brackets or not.
GTIN_INSIDE = re.compile(r"(?:^https?://\S*/01/|^\(01\)|^01(?=\d{14}))(\d{8,14})")
SSCC_INSIDE = re.compile(r"^(?:\(00\)|00(?=\d{18}$))(\d{18})$")
SYMBOLOGY = re.compile(r"^\][A-Za-z]\d")  # Some scanners say first what kind of code they read.


def code_of(scanned: str) -> str:
    """The number that counts in what was scanned."""
    text = SYMBOLOGY.sub("", scanned.strip().strip("\x1d"))
    for pattern in (SSCC_INSIDE, GTIN_INSIDE):
        if found := pattern.match(text):
            return found[1]
    return text
