"""Collects what pages say into the catalogs: `make messages`.

English is the source. A translation that stands stays, a message that nobody says any more goes,
a new one comes in empty: the tests name it until somebody has translated it.
"""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po
from tests.house.source import ROOT

from ovunque.delivery.rules.gaps import SENTENCES
from ovunque.platform.refusals import ANSWERS

WEB = ROOT / "src" / "ovunque" / "web"
LOCALE = WEB / "locale"
SOURCE = "en"
WIDTH = 100
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"trim_blocks": "true", "newstyle_gettext": "true"}}
KEYWORDS = {**DEFAULT_KEYWORDS, "M_": ((1, "c"), 2)}
PLURALS = {  # By the categories of CLDR: one, (many,) other.
    "en": "nplurals=2; plural=(n != 1);",
    "it": "nplurals=3; plural=(n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2);",
}
HEADER = """\
# What the pages of Ovunque say. Write translations here; `make messages` brings new messages.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}|%(?!\()\S")


def said() -> Catalog:
    """Everything that screens and refusals say, in the source language."""
    catalog = Catalog()
    found = extract_from_dir(WEB, METHODS, OPTIONS, keywords=KEYWORDS, strip_comment_tags=True)
    for file, _, message, _, context in found:
        catalog.add(message, locations=[(file, 0)], context=context)
    for answer in ANSWERS.values():
        catalog.add(answer.title, locations=[("../platform/refusals.py", 0)])
        catalog.add(answer.text, locations=[("../platform/refusals.py", 0)])
    for sentence in SENTENCES.values():
        catalog.add(sentence, locations=[("../delivery/rules/gaps.py", 0)])
    return catalog


def read(language: str) -> Catalog:
    return read_po(BytesIO((LOCALE / f"{language}.po").read_bytes()), locale=language)


def renewed(language: str, template: Catalog) -> Catalog:
    """The catalog of a language with all that is said now, and nothing else."""
    standing, fresh = read(language), Catalog(locale=language)
    fresh.mime_headers = [("Plural-Forms", PLURALS[language])]
    for message in texts(template):
        known = standing.get(message.id, message.context)
        string = known.string if known and known.id == message.id else ""
        if language == SOURCE:
            string = message.id
        fresh.add(message.id, string or empty(message), message.locations, context=message.context)
    return fresh


def empty(message: Message) -> str | tuple[str, ...]:
    return ("", "") if isinstance(message.id, tuple | list) else ""


def texts(catalog: Catalog) -> Iterator[Message]:
    """All messages but the header."""
    yield from (message for message in catalog if message.id)


def write(language: str, catalog: Catalog) -> str:
    """The text of a catalog, the same for the same messages."""
    body = BytesIO()
    write_po(body, catalog, width=WIDTH, omit_header=True, sort_output=True, include_lineno=False)
    head = HEADER.format(language=language, plurals=PLURALS[language])
    return head + body.getvalue().decode()


def languages() -> Iterable[str]:
    return sorted(file.stem for file in LOCALE.glob("*.po"))


def placeholders(text: str) -> set[str]:
    return {match.group() for match in PLACEHOLDER.finditer(text)}


def save(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    template = said()
    for each in languages():
        save(LOCALE / f"{each}.po", write(each, renewed(each, template)))
