"""Pictures of single pieces that nobody has photographed: drawn, with the traces of their grade.

The demo retailer shows second-hand goods with them; a real one names photos of its own.
"""

import re
from collections.abc import Mapping
from importlib import resources
from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.catalog.model import Condition
from ovunque.web.garments import garment_of, swatch_of
from ovunque.web.screens import open_screens

VIEWS_MAX = 2
HEADERS = {"Cache-Control": "public, max-age=86400"}
STATIC = resources.files("ovunque.web").joinpath("static")

router = open_screens()

Word = Annotated[str, fastapi.Path(max_length=40)]


def glyphs() -> Mapping[str, str]:
    """The drawing of each garment."""
    text = STATIC.joinpath("garments.svg").read_text(encoding="utf-8")
    return dict(re.findall(r'<symbol id="(\w+)"[^>]*>(.*?)</symbol>', text))


def dyes() -> Mapping[str, str]:
    """The color of each swatch, as on a page in daylight."""
    text = STATIC.joinpath("css", "tokens.css").read_text(encoding="utf-8")
    return dict(re.findall(r"--swatch-(\w+): (?:light-dark\()?(#\w+)", text))


GLYPHS, DYES = glyphs(), dyes()

# The whole piece, and the place above its hem, as large as a hand.
VIEWS = (
    'transform="translate(1.800 1) scale(1.350)" stroke-width=".5"',
    'transform="translate(-12 -26) scale(2.500)" stroke-width=".4"',
)
SHADOW = '<ellipse cx="18" cy="33" rx="11" ry="1" stroke="none" fill="#000000" fill-opacity=".08"/>'
RING = '<circle cx="18" cy="18" r="{}" stroke="#FFFFFF" stroke-dasharray="1.600 1.200"/>'
MARKS: Mapping[str, str] = {
    Condition.REFURBISHED: '<path d="M12 18h12" stroke="#FFFFFF" stroke-dasharray="1.400 1"/>',
    Condition.USED_A: "",
    Condition.USED_B: RING.format(4) + '<path d="m16.500 17 1 2m1-2.500 1 2.500"/>',
    Condition.USED_C: RING.format(6) + '<path d="m14.500 17 1.500 3m1-4.500 1.500 4m1.500-4 1 3"/>',
}


@router.get("/pictures/{category}/{color}/{condition}/{view}.svg")
def get_picture(
    category: Word,
    color: Word,
    condition: Condition,
    view: Annotated[int, fastapi.Path(ge=1, le=VIEWS_MAX), Field(strict=False)],
) -> Response:
    """One side of a piece: the whole of it, or the place where wear would show."""
    drawn = draw(category, color.replace("-", " "), condition, view)
    return Response(drawn, headers=HEADERS, media_type="image/svg+xml")


def draw(category: str, color: str, condition: Condition, view: int) -> str:
    dye = DYES[swatch_of(color)]
    beside = MARKS.get(condition, "") if view > 1 else SHADOW
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="480" height="480" viewBox="0 0 36 36">'
        '<rect width="36" height="36" fill="#F3EFE8"/>'
        f'<rect width="36" height="36" fill="{dye}" fill-opacity=".12"/>'
        '<g fill="none" stroke="#22282B" stroke-linecap="round" stroke-linejoin="round">'
        f'<g {VIEWS[view - 1]} fill="{dye}" fill-opacity=".85">{GLYPHS[garment_of(category)]}</g>'
        f'<g stroke-width=".6">{beside}</g></g></svg>'
    )
