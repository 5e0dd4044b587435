"""Which language somebody reads, and the words of it.

English is the source: what stands in the code is what an English reader sees. The catalogs are
plain PO files, read as they are at the start of a process.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations
from importlib import resources
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from ovunque.access.model import Language
from ovunque.delivery.rules.gaps import SENTENCES, Gap
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals

DEFAULT = Language.ENGLISH
WANTED = re.compile(
    r"\s*([a-zA-Z]{1,8})(?:-[a-zA-Z0-9]{1,8})*\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?"
)
HEADER_LENGTH_MAX = 500


@dataclass(frozen=True, slots=True)
class Message:
    """Words that a table holds and a page says later, with the thing that they agree with."""

    about: str
    text: str


def M_(about: str, text: str) -> Message:  # noqa: N802 - what extraction looks for
    """Mark words of a table for the catalogs; `about` tells *Annullato* from *Annullata*."""
    return Message(about, text)


@cache
def translations(language: Language) -> GNUTranslations:
    """The catalog of a language."""
    text = resources.files("ovunque.web").joinpath("locale", f"{language}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(text), locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def say(language: Language, message: Message) -> str:
    return translations(language).pgettext(message.about, message.text)


def explain_gap(language: Language, gap: Gap) -> str:
    """The sentence of what a carrier's terms lack."""
    return translations(language).gettext(SENTENCES[gap.code]).format(**gap.details)


def title_of(language: Language, refusal: Refusal) -> str:
    return translations(language).gettext(refusals.ANSWERS[refusal.code].title)


def choose(accepted: str, preferred: Iterable[str | None]) -> Language:
    """The first preferred language that we have, else what the browser would like best."""
    known: Mapping[str, Language] = {each.value: each for each in Language}
    for each in (*preferred, *_accepted(accepted)):
        if each is not None and each in known:
            return known[each]
    return DEFAULT


def _accepted(header: str) -> list[str]:
    """The languages of an Accept-Language header, the best liked first."""
    liked = []
    for part in header[:HEADER_LENGTH_MAX].split(","):
        found = WANTED.fullmatch(part)
        if found and (weight := float(found[2] or 1)):
            liked.append((-weight, found[1].lower()))
    return [each for _, each in sorted(liked, key=lambda pair: pair[0])]
