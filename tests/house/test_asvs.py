"""Every requirement of ASVS 5.0 level 2 has its answer, and what shows it is there."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from tests.house.source import ROOT, keeps

PAGE = ROOT / "docs" / "reference" / "asvs.md"
# The requirements of levels 1 and 2, by section.
ASKED = {
    "1.1": (1, 2),
    "1.2": (1, 2, 3, 4, 5, 6, 7, 8, 9),
    "1.3": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    "1.4": (1, 2, 3),
    "1.5": (1, 2),
    "2.1": (1, 2, 3),
    "2.2": (1, 2, 3),
    "2.3": (1, 2, 3, 4),
    "2.4": (1,),
    "3.2": (1, 2),
    "3.3": (1, 2, 3, 4),
    "3.4": (1, 2, 3, 4, 5, 6),
    "3.5": (1, 2, 3, 4, 5),
    "3.7": (1, 2),
    "4.1": (1, 2, 3),
    "4.2": (1,),
    "4.3": (1, 2),
    "4.4": (1, 2, 3, 4),
    "5.1": (1,),
    "5.2": (1, 2, 3),
    "5.3": (1, 2),
    "5.4": (1, 2, 3),
    "6.1": (1, 2, 3),
    "6.2": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    "6.3": (1, 2, 3, 4),
    "6.4": (1, 2, 3, 4),
    "6.5": (1, 2, 3, 4, 5),
    "6.6": (1, 2, 3),
    "6.8": (1, 2, 3, 4),
    "7.1": (1, 2, 3),
    "7.2": (1, 2, 3, 4),
    "7.3": (1, 2),
    "7.4": (1, 2, 3, 4, 5),
    "7.5": (1, 2),
    "7.6": (1, 2),
    "8.1": (1, 2),
    "8.2": (1, 2, 3),
    "8.3": (1,),
    "8.4": (1,),
    "9.1": (1, 2, 3),
    "9.2": (1, 2, 3, 4),
    "10.1": (1, 2),
    "10.2": (1, 2),
    "10.3": (1, 2, 3, 4),
    "10.4": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    "10.5": (1, 2, 3, 4, 5),
    "10.6": (1, 2),
    "10.7": (1, 2, 3),
    "11.1": (1, 2),
    "11.2": (1, 2, 3),
    "11.3": (1, 2, 3),
    "11.4": (1, 2, 3, 4),
    "11.5": (1,),
    "11.6": (1,),
    "12.1": (1, 2, 3),
    "12.2": (1, 2),
    "12.3": (1, 2, 3, 4),
    "13.1": (1,),
    "13.2": (1, 2, 3, 4, 5),
    "13.3": (1, 2),
    "13.4": (1, 2, 3, 4, 5),
    "14.1": (1, 2),
    "14.2": (1, 2, 3, 4),
    "14.3": (1, 2, 3),
    "15.1": (1, 2, 3),
    "15.2": (1, 2, 3),
    "15.3": (1, 2, 3, 4, 5, 6, 7),
    "16.1": (1,),
    "16.2": (1, 2, 3, 4, 5),
    "16.3": (1, 2, 3, 4),
    "16.4": (1, 2, 3),
    "16.5": (1, 2, 3),
    "17.1": (1,),
    "17.2": (1, 2, 3, 4),
    "17.3": (1, 2),
}
ROW = re.compile(r"^\| ([\d.]+) \| ([a-z ]+) \| (.*) \| (.*) \|$", re.MULTILINE)
TEST = re.compile(r"\[`(\w+)`\]\(\.\./\.\./(tests/[\w/]+\.py)\)")
LINK = re.compile(r"\[[^\]]+\]\(([^)]+)\)")
STATES = ("tested", "documented", "not applicable", "open")


def wrongs(text: str) -> list[str]:
    """What the page leaves out, says twice, or cannot show."""
    rows = ROW.findall(text)
    told = [id_ for id_, *_ in rows]
    asked = [f"{section}.{nth}" for section, nths in ASKED.items() for nth in nths]
    found = [f"{each} has no answer" for each in asked if each not in told]
    found += [f"{each} is not asked, or answered twice" for each in told if told.count(each) > 1]
    found += [f"{each} is not asked" for each in told if each not in asked]
    for id_, state, shown, note in rows:
        found += [f"{id_}: {each}" for each in wrongs_of(state, shown, note)]
    count = Counter(state for _, state, *_ in rows)
    figures = ", ".join(f"{count[each]} {each}" for each in STATES)
    if f"{len(rows)} requirements: {figures}." not in text:
        found.append(f"the page should say: {len(rows)} requirements: {figures}.")
    return found


def wrongs_of(state: str, shown: str, note: str) -> Iterator[str]:
    if state not in STATES:
        yield f"{state} is no answer"
    elif state == "tested":
        link = TEST.fullmatch(shown)
        if link is None or f"def test_{link[1]}(" not in texts().get(link[2], ""):
            yield f"{shown} is not there"
    elif state == "documented":
        link = LINK.fullmatch(shown)
        if link is None or not (PAGE.parent / link[1]).is_file():
            yield f"{shown} is not there"
    elif not note:
        yield "say why"


def texts() -> Mapping[str, str]:
    """Every file of tests."""
    if not _texts:
        for file in (ROOT / "tests").rglob("test_*.py"):
            _texts[file.relative_to(ROOT).as_posix()] = file.read_text(encoding="utf-8")
    return _texts


_texts: dict[str, str] = {}


def test_every_requirement_is_answered_and_what_shows_it_is_there() -> None:
    keeps(wrongs(PAGE.read_text(encoding="utf-8")))


def test_planted_gaps_are_found() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = [each[0] for each in re.findall(r"^(\| [\d.]+ \| (\w+).*)\n", text, re.MULTILINE)]
    first = rows[0]
    assert f"{first.split()[1]} has no answer" in wrongs(text.replace(first + "\n", ""))
    gone = re.sub(r"\[`\w+`\]", "[`nobody_wrote_it`]", first)
    assert any("is not there" in each for each in wrongs(text.replace(first, gone)))
    counted = text.replace("253 requirements", "254 requirements")
    assert any("the page should say" in each for each in wrongs(counted))
