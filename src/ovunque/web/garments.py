"""How an item without a photo is told from others at a glance: its kind and its color."""

from collections.abc import Mapping

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


def garment_of(category: str | None) -> str:
    """The glyph of a category; a hanger for what we cannot draw."""
    return GARMENTS.get((category or "").casefold(), ANYTHING)


def swatch_of(color: str | None) -> str:
    """The tint of a color's name: `navy`, also of *dark navy*."""
    words = (color or "").casefold().split()
    return next((SWATCHES[word] for word in words if word in SWATCHES), PLAIN)
