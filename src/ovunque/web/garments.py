"""How an item without a photo is told from others at a glance: its kind and its color."""

from collections.abc import Mapping

from ovunque.web.language import M_, Message

ANYTHING = "hanger"
GARMENTS: Mapping[str, str] = {
    "bags": "bag",
    "belts": "belt",
    "boots": "boot",
    "coats": "coat",
    "dresses": "dress",
    "gloves": "glove",
    "hats": "hat",
    "jackets": "jacket",
    "jeans": "jeans",
    "knitwear": "sweater",
    "scarves": "scarf",
    "sets": "set",
    "shirts": "shirt",
    "shoes": "shoe",
    "skirts": "skirt",
    "t-shirts": "tshirt",
    "trousers": "trousers",
}
SWATCHES: Mapping[str, str] = {  # The last word of a color's name that we can show.
    **{
        name: name
        for name in (
            *("black", "blue", "brown", "burgundy", "camel", "gray", "green", "navy", "olive"),
            *("orange", "pink", "purple", "red", "rust", "sand", "sky", "white", "yellow"),
        )
    },
    "grey": "gray",
    "beige": "sand",
    "cream": "white",
    "ivory": "white",
}
PLAIN = "plain"
LETTERS = ("XXS", "XS", "S", "M", "L", "XL", "XXL", "XXXL")
COLOR: Mapping[str, Message] = {  # Those that the demo dyes in; others stand as they are told.
    "black": M_("color", "black"),
    "blue": M_("color", "blue"),
    "brown": M_("color", "brown"),
    "burgundy": M_("color", "burgundy"),
    "camel": M_("color", "camel"),
    "gray": M_("color", "gray"),
    "green": M_("color", "green"),
    "navy": M_("color", "navy"),
    "olive": M_("color", "olive"),
    "orange": M_("color", "orange"),
    "pink": M_("color", "pink"),
    "purple": M_("color", "purple"),
    "red": M_("color", "red"),
    "rust": M_("color", "rust"),
    "sand": M_("color", "sand"),
    "sky": M_("color", "sky"),
    "sky blue": M_("color", "sky blue"),
    "white": M_("color", "white"),
    "yellow": M_("color", "yellow"),
}
KIND: Mapping[str, Message] = {  # What stands together on a list to pick.
    "bags": M_("kinds of goods", "bags"),
    "belts": M_("kinds of goods", "belts"),
    "boots": M_("kinds of goods", "boots"),
    "coats": M_("kinds of goods", "coats"),
    "dresses": M_("kinds of goods", "dresses"),
    "gloves": M_("kinds of goods", "gloves"),
    "hats": M_("kinds of goods", "hats"),
    "jackets": M_("kinds of goods", "jackets"),
    "jeans": M_("kinds of goods", "jeans"),
    "knitwear": M_("kinds of goods", "knitwear"),
    "scarves": M_("kinds of goods", "scarves"),
    "sets": M_("kinds of goods", "sets"),
    "shirts": M_("kinds of goods", "shirts"),
    "shoes": M_("kinds of goods", "shoes"),
    "skirts": M_("kinds of goods", "skirts"),
    "t-shirts": M_("kinds of goods", "T-shirts"),
    "trousers": M_("kinds of goods", "trousers"),
}
ONE_SIZE = M_("size", "one size")


def garment_of(category: str | None) -> str:
    """The glyph of a category; a hanger for what we cannot draw."""
    return GARMENTS.get((category or "").casefold(), ANYTHING)


def swatch_of(color: str | None) -> str:
    """The tint of a color's name: `navy`, also of *dark navy*."""
    words = (color or "").casefold().split()
    return next((SWATCHES[word] for word in words if word in SWATCHES), PLAIN)


def rank_of(size: str | None) -> tuple[int, int, str]:
    """Where a size stands on a rail: letters from small to large, then numbers, then the rest."""
    told = (size or "").upper()
    if told in LETTERS:
        return 0, LETTERS.index(told), ""
    if told.isascii() and told.isdigit():
        return 1, int(told), ""
    return 2, 0, told
