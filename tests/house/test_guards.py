"""The list of guards is up to date: each stands once where it is said to, and in the docs."""

from collections.abc import Iterable

from tests.guards.guard import Guard
from tests.guards.listed import GUARDS
from tests.guards.removing import PAGE
from tests.house.source import ROOT, SRC, keeps

GUARDS_MIN = 30


def odd_guards(guards: Iterable[Guard]) -> list[str]:
    """Guards that are not there any more, or that no test is named for."""
    found = []
    for guard in guards:
        times = (SRC / guard.file).read_text(encoding="utf-8").count(guard.snippet)
        if times != 1:
            found.append(f"{guard.name}: stands {times} times in {guard.file}")
        files = [each for each in guard.tests if each.startswith("tests/")]
        found += [f"{guard.name}: no {each}" for each in files if not (ROOT / each).exists()]
        if not files:
            found.append(f"{guard.name}: no test")
    return found


def test_every_guard_stands_where_it_is_said_to() -> None:
    keeps(odd_guards(GUARDS))
    assert len(GUARDS) >= GUARDS_MIN
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)


def test_the_docs_list_every_guard() -> None:
    page = PAGE.read_text(encoding="utf-8")
    keeps([guard.name for guard in GUARDS if f"| {guard.name} |" not in page])


def test_a_guard_that_is_gone_is_found() -> None:
    gone = Guard(name="x", file="app.py", snippet="no such line", instead="", tests=("tests/no",))
    assert odd_guards([gone]) == ["x: stands 0 times in app.py", "x: no tests/no"]
