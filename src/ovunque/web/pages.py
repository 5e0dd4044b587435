"""Templates into pages: one environment for each language, strict about what is missing."""

from collections.abc import Mapping
from functools import cache, partial
from types import MappingProxyType
from typing import Any

from babel.numbers import get_decimal_symbol
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from ovunque.access.model import SYSTEM, Language, Theme
from ovunque.catalog.model import Item
from ovunque.kernel.ids import public_id
from ovunque.web import words
from ovunque.web.assets import Assets
from ovunque.web.formatting import LOCALES
from ovunque.web.garments import COLOR, KIND, ONE_SIZE, garment_of, swatch_of
from ovunque.web.language import say, translations

POLICY = "; ".join(
    (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Vary": "Cookie, Accept-Language",
    }
)


class Pages:
    """Renders templates in the reader's language."""

    def __init__(self, assets: Assets) -> None:
        self.assets = assets
        self._environments = {each: _environment(each, assets) for each in Language}

    def render(self, language: Language, template: str, /, **context: Any) -> str:
        return self._environments[language].get_template(template).render(context)

    def respond(
        self, language: Language, template: str, /, status: int = 200, **context: Any
    ) -> HTMLResponse:
        text = self.render(language, template, **context)
        return HTMLResponse(text, status, dict(HEADERS))


@cache
def _environment(language: Language, assets: Assets) -> Environment:
    environment = Environment(
        loader=PackageLoader("ovunque.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,  # A newer version beside this process changes none of its pages.
        cache_size=-1,
    )
    environment.install_gettext_translations(  # type: ignore[attr-defined]
        translations(language), newstyle=True
    )
    environment.globals |= {
        "language": language,
        "languages": LANGUAGES,
        "themes": list(Theme),
        "asset": assets.url,
        "say": partial(say, language),
        "words": words,
        "public_id": public_id,
        "title_of": partial(title_of, language),
        "initials": initials,
        "who": partial(who, language),
        "garment_of": garment_of,
        "swatch_of": swatch_of,
        "color_of": partial(color_of, language),
        "typed": partial(typed, language),
        "kind_of": partial(kind_of, language),
        "size_of": partial(size_of, language),
    }
    return environment


def title_of(language: Language, item: Item | None, sku: str) -> str:
    """What an item is called here; its sku where nobody gave it a name."""
    if item is None:
        return sku
    return item.titles.get(language) or item.titles["en"]


def who(language: Language, actor: str) -> str:
    """An actor of the journal as people know it; what the house does, it does by itself."""
    if actor == SYSTEM.name:
        return translations(language).gettext("automatically")
    return actor.removeprefix("cli:")


def color_of(language: Language, color: str | None) -> str:
    """A color in the reader's words, where we have some; else as the catalog has it."""
    known = COLOR.get(color or "")
    return say(language, known) if known else color or ""


def typed(language: Language, number: str) -> str:
    """A number within a field, with the decimal mark that its reader would type."""
    return number.replace(".", str(get_decimal_symbol(LOCALES[language])))


def kind_of(language: Language, category: str) -> str:
    """A category in the reader's words, where we have some; else as the catalog has it."""
    known = KIND.get(category.casefold())
    return say(language, known) if known else category


def size_of(language: Language, size: str | None) -> str:
    return say(language, ONE_SIZE) if size == "OS" else size or ""


def initials(name: str) -> str:
    """The letters that stand for a person: *Marta Colombo* is MC."""
    words = name.split()
    return "".join(word[0] for word in (*words[:1], *words[1:][-1:])).upper()


LANGUAGES: Mapping[Language, str] = {Language.ENGLISH: "English", Language.ITALIAN: "Italiano"}
