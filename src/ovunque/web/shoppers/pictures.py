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

# Where the second view looks: the hem, as large as a hand.
VIEWS = ("translate(6 6)", "translate(-12 -26) scale(2.5)")
MARKS: Mapping[str, str] = {
    Condition.REFURBISHED: '<path d="M11 27.500h14" stroke="#1B5E2F" stroke-dasharray="1.4 1"/>',
    Condition.USED_A: "",
    Condition.USED_B: '<circle cx="20" cy="26" r="4" stroke="#7A4A00" stroke-dasharray="1.6 1.2"/>'
    '<path d="m18.500 25 1 2m1-2.500 1 2.500" stroke="#FFFFFF"/>',
    Condition.USED_C: '<circle cx="19" cy="25" r="6" stroke="#7A4A00" stroke-dasharray="1.6 1.2"/>'
    '<path d="m15.500 24 1.500 3m1-4.500 1.500 4m1.500-4 1 3m1.500-3 1 2" stroke="#FFFFFF"/>',
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
    marks = MARKS.get(condition, "") if view > 1 else ""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="480" height="480" viewBox="0 0 36 36">'
        '<rect width="36" height="36" fill="#F3EFE8"/>'
        f'<rect width="36" height="36" fill="{dye}" fill-opacity=".12"/>'
        '<ellipse cx="18" cy="32" rx="10" ry="1.200" fill="#000000" fill-opacity=".08"/>'
        '<g fill="none" stroke-linecap="round" stroke-linejoin="round" stroke-width=".7">'
        f'<g transform="{VIEWS[view - 1]}" fill="{dye}" fill-opacity=".85" stroke="#22282B">'
        f"{GLYPHS[garment_of(category)]}</g>{marks}</g></svg>"
    )
