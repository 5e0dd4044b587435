"""Every no has a status, words and a page; every word that is kept is said somewhere."""

import ast
import re
import string
from collections.abc import Collection, Iterable, Iterator, Mapping

from tests.house.reference import REFUSALS_PAGE, refusals_page
from tests.house.source import SRC, Module, calls, is_text, keeps, read, texts

from ovunque.platform.refusals import ANSWERS, Answer

TABLE = "platform/refusals.py"


def unworded(modules: Iterable[Module], answers: Mapping[str, Answer]) -> list[str]:
    """Refusals raised without an answer in the table, or without what its sentence names."""
    return [
        f"{module.at(call)}: {finding}"
        for module in modules
        for call in calls(module, "Refusal")
        for finding in _call_findings(call, answers)
    ]


def _call_findings(call: ast.Call, answers: Mapping[str, Answer]) -> Iterator[str]:
    if not call.args or not is_text(call.args[0]):
        yield "the code of a refusal is written out where it is raised"
        return
    code = str(call.args[0].value)
    if code not in answers:
        yield f"{code} has no answer in {TABLE}"
        return
    given = {keyword.arg for keyword in call.keywords}
    missing = placeholders(answers[code].text) - given
    if missing and None not in given:  # None stands for `**details`.
        yield f"{code} is raised without {', '.join(sorted(missing))}"


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def unsaid(modules: Iterable[Module], codes: Collection[str]) -> list[str]:
    """Codes of the table that no other module names."""
    said = {text for module in modules if module.path != TABLE for _, text in texts(module)}
    return sorted(f"{code} is never raised" for code in set(codes) - said)


def badly_worded(answers: Mapping[str, Answer]) -> list[str]:
    """Answers that are no 4xx or 5xx, or whose words are no title and no sentence."""
    found = []
    for code, answer in answers.items():
        if not 400 <= answer.status <= 599:
            found.append(f"{code}: {answer.status} is no refusal")
        if not answer.title or answer.title.endswith("."):
            found.append(f"{code}: a title is a few words without a full stop")
        if not re.fullmatch(r"[A-Z{].*[.}?]", answer.text):
            found.append(f"{code}: the text is a sentence")
    return found


def test_every_refusal_has_its_answer() -> None:
    keeps(unworded(read(SRC), ANSWERS))


def test_every_answer_is_said_somewhere() -> None:
    keeps(unsaid(read(SRC), ANSWERS))


def test_answers_are_sentences_for_people() -> None:
    keeps(badly_worded(ANSWERS))


def test_the_page_of_refusals_is_current() -> None:
    assert REFUSALS_PAGE.read_text(encoding="utf-8") == refusals_page(ANSWERS), "run `make docs`"


def test_planted_refusals_are_found() -> None:
    answers = {"short": Answer(409, "Short", "Only {left} are left.")}
    module = Module(
        "stock/claiming.py",
        "raise Refusal('unknown')\n"
        "raise Refusal('short')\n"
        "raise Refusal(code)\n"
        "raise refusal.Refusal('short', left=1)\n"
        "raise Refusal('short', **details)\n",
    )
    assert [each.partition(": ")[2] for each in unworded([module], answers)] == [
        "unknown has no answer in platform/refusals.py",
        "short is raised without left",
        "the code of a refusal is written out where it is raised",
    ]
    assert unsaid([module], ["short", "late"]) == ["late is never raised"]


def test_planted_answers_are_found() -> None:
    assert len(badly_worded({"ok": Answer(200, "Fine.", "all is well")})) == 3


def test_a_stale_page_is_found() -> None:
    before = refusals_page({"short": Answer(409, "Short", "Too few.")})
    assert before != refusals_page({"short": Answer(409, "Short", "Too few are left.")})
    assert "## short\n\n409 · Short\n\n> Too few.\n" in before
