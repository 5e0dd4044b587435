"""Code 128 as widths of bars and gaps: the numbers on a label, for every scanner there is.

Digits go in pairs (set C), all else letter by letter (set B); FNC1 first makes it a GS1-128.
"""

from collections.abc import Iterator, Sequence

ALL_WIDTHS = (  # Bars and gaps in turn, by the value of a symbol; the last ends every code.
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 "
    "122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 "
    "321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 "
    "211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 "
    "213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 "
    "121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 "
    "241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 "
    "412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 "
    "211214 211232 2331112"
)
WIDTHS = tuple(ALL_WIDTHS.split())
CODE_C, CODE_B, FNC1, START_B, START_C, STOP = 99, 100, 102, 104, 105, 106
MODULUS = 103
PAIRS_MIN = 4  # So many digits in a row are worth a change of set.


def code128(text: str, *, gs1: bool = False) -> tuple[int, ...]:
    """Widths in modules, bar first; `gs1` marks that the digits tell what they are."""
    values = list(_values(text, gs1))
    check = (values[0] + sum(nth * value for nth, value in enumerate(values))) % MODULUS
    symbols = (*values, check, STOP)
    return tuple(int(width) for symbol in symbols for width in WIDTHS[symbol])


def _values(text: str, gs1: bool) -> Iterator[int]:
    in_pairs = _digits(text) >= min(PAIRS_MIN, len(text)) and _digits(text) % 2 == 0
    yield START_C if in_pairs else START_B
    if gs1:
        yield FNC1
    at = 0
    while at < len(text):
        run = _digits(text[at:])
        if in_pairs and run >= 2:
            yield int(text[at : at + 2])
            at += 2
        elif in_pairs:
            in_pairs = False
            yield CODE_B
        elif run >= PAIRS_MIN and run % 2 == 0:
            in_pairs = True
            yield CODE_C
        else:
            yield ord(text[at]) - ord(" ")
            at += 1


def _digits(text: str) -> int:
    """How many digits it begins with."""
    return next((at for at, letter in enumerate(text) if not letter.isdigit()), len(text))


def spans(widths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where each bar begins, and how wide it is, in modules."""
    at = 0
    for nth, width in enumerate(widths):
        if nth % 2 == 0:
            yield at, width
        at += width
