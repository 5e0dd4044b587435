"""The documents hold together: links lead somewhere, decisions are numbered and in form."""

import re
from collections.abc import Iterable
from pathlib import Path

from tests.house.source import ROOT, keeps

LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
DECISION_PARTS = ("## Context", "## Decision", "## Consequences")


def broken_links(pages: Iterable[Path]) -> list[str]:
    """Relative links to files or headings that do not exist."""
    found = []
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for link in LINK.findall(FENCE.sub("", text)):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            if not target.exists():
                found.append(f"{page.name}: {link} leads nowhere")
            elif anchor and anchor not in anchors(target):
                found.append(f"{page.name}: {link} has no such heading")
    return found


def anchors(page: Path) -> set[str]:
    """The anchors that a Markdown page offers, as GitHub makes them of its headings."""
    headings = HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def odd_decisions(pages: Iterable[Path]) -> list[str]:
    """Decision records out of number, or without context, decision and consequences."""
    found = []
    for nth, page in enumerate(sorted(pages), start=1):
        if not re.fullmatch(rf"{nth:04d}-[a-z0-9-]+\.md", page.name):
            found.append(f"{page.name}: the next decision is {nth:04d}-its-title.md")
        text = page.read_text(encoding="utf-8")
        found += [f"{page.name}: no {part}" for part in DECISION_PARTS if part not in text]
    return found


def unlisted(pages: Iterable[Path], root: Path) -> list[str]:
    """Pages that no other page links to: nobody would find them."""
    linked = set()
    pages = list(pages)
    for page in pages:
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            linked.add((page.parent / link.partition("#")[0]).resolve())
    return sorted(
        page.relative_to(root).as_posix() for page in pages if page.resolve() not in linked
    )


def all_pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_links_lead_somewhere() -> None:
    keeps(broken_links(all_pages()))


def test_every_page_is_linked_from_another() -> None:
    assert set(unlisted(all_pages(), ROOT)) <= {"README.md"}


def test_decisions_are_numbered_and_in_form() -> None:
    keeps(odd_decisions((ROOT / "docs" / "decisions").glob("*.md")))


def test_planted_faults_are_found(tmp_path: Path) -> None:
    first, third = tmp_path / "0001-one.md", tmp_path / "0003-three.md"
    first.write_text("# One `word`\n## Context\n## Decision\n## Consequences\n[a](#one-word)\n")
    third.write_text(
        "# Three\n## Context\n[a](0002-two.md) [b](0001-one.md#two) [c](https://x.org)\n"
    )
    assert broken_links([first, third]) == [
        "0003-three.md: 0002-two.md leads nowhere",
        "0003-three.md: 0001-one.md#two has no such heading",
    ]
    assert odd_decisions([third, first]) == [
        "0003-three.md: the next decision is 0002-its-title.md",
        "0003-three.md: no ## Decision",
        "0003-three.md: no ## Consequences",
    ]
    assert unlisted([first, third], tmp_path) == ["0003-three.md"]
