"""Writes the reference pages that are made from code: `make docs`."""

from collections.abc import Mapping
from pathlib import Path

from tests.house.source import ROOT

from ovunque.platform.refusals import ANSWERS, Answer

REFUSALS_PAGE = ROOT / "docs" / "reference" / "refusals.md"

REFUSALS_HEAD = """\
<!-- Written by `make docs` from src/ovunque/platform/refusals.py: change the words there. -->
# Refusals

Every expected no of Ovunque has a code, an HTTP status and a sentence. The code is a promise:
programs may rely on it, it is never given a second meaning. The sentence is for people and may
be worded better from one version to the next. Over HTTP a refusal is a problem document
(RFC 9457, `application/problem+json`) whose `code` is one of these; on the command line it is
one line on standard error and exit code 1. What stands in braces is filled in with the details.

A refused request has left no trace in stock, orders or money.

| code | status | title |
| --- | --- | --- |
"""


def refusals_page(answers: Mapping[str, Answer]) -> str:
    """The page as it should stand in the docs: a table, then a section with an anchor per code."""
    rows = [
        f"| [`{code}`](#{code}) | {answer.status} | {answer.title} |"
        for code, answer in sorted(answers.items())
    ]
    sections = [
        f"\n## {code}\n\n{answer.status} · {answer.title}\n\n> {answer.text}"
        for code, answer in sorted(answers.items())
    ]
    return REFUSALS_HEAD + "\n".join([*rows, *sections]) + "\n"


def write(page: Path, text: str) -> None:
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(REFUSALS_PAGE, refusals_page(ANSWERS))
