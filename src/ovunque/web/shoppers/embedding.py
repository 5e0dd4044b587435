"""The promise on other people's pages: a small element, and the sentences that it shows."""

from typing import Annotated

import fastapi
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from ovunque.access.model import Language
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.web.screens import open_screens
from ovunque.web.shoppers.asking import Choice, ask, channel_of, choices_of, in_short, place_of
from ovunque.web.visiting import Visit, Visiting

SCRIPT = "js/ovunque-promise.js"
ANYBODY = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
OPTIONS_MAX = 4

router = open_screens()


class Query(BaseModel):
    channel: str = Field(max_length=64)
    sku: str = Field(max_length=64)
    country: str = Field(default="", max_length=2)
    postal_code: str = Field(default="", max_length=20)
    lang: Language | None = None


@router.get("/embed/ovunque-promise.js")
def get_script(visit: Visiting) -> Response:
    """The element itself, at an address that stays."""
    content = visit.house.pages.assets.content(SCRIPT)
    headers = ANYBODY | {"Cache-Control": "public, max-age=3600"}
    return Response(content, headers=headers, media_type="text/javascript")


@router.get("/embed/promise")
def get_promise(visit: Visiting, query: Annotated[Query, fastapi.Query()]) -> Response:
    """What a page may say of one item: sentences in the reader's language, and until when."""
    try:
        channel = channel_of(visit, query.channel)
        place = place_of(channel, query.country, query.postal_code)
        found = ask(visit, channel, [(query.sku, 1)], place)
    except Refusal as refusal:
        told = {"options": [], "problem": refusal.code}
        return JSONResponse(told, refusals.status_of(refusal), headers=ANYBODY)
    spoken = query.lang or visit.language
    shown = in_short(choices_of(found, visit))[:OPTIONS_MAX]
    answer = {
        "as_of": visit.now.isoformat(),
        "options": [tell(visit, spoken, each, channel.channel.currency) for each in shown],
    }
    return JSONResponse(answer, headers=ANYBODY | {"Cache-Control": "no-store"})


def tell(visit: Visit, spoken: Language, choice: Choice, currency: str) -> dict[str, object]:
    """One option as text: whoever embeds us words nothing."""
    pages = visit.house.pages
    choice.f = choice.f.in_language(spoken)
    text = pages.render(spoken, "shoppers/sentence.html", choice=choice, f=choice.f)
    price = pages.render(
        spoken, "shoppers/price.html", choice=choice, f=choice.f, currency=currency
    )
    return {
        "service": choice.option.service,
        "text": " ".join(text.split()),
        "price": " ".join(price.split()),
        "order_by": choice.option.order_by.isoformat(),
        "guess": choice.option.is_guess,
        "within": pages.render(spoken, "shoppers/within.html").strip(),
    }
