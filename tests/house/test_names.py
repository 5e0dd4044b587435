"""Names tell what a thing does, in the words of the glossary."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from tests.house.source import ROOMS, ROOT, SRC, Module, keeps, read

SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "base"}
NOT_USE_CASES = {"__init__", "model", "rules", "store", "events", "ports", "snapshot"}
STORE_VERBS = ("find_", "list_", "lock_", "add_", "save_", "count_", "remove_")
SPELLINGS = {
    "fulfilment": "fulfillment",
    "cancelled": "canceled",
    "cancelling": "canceling",
    "labelled": "labeled",
    "colour": "color",
    "organisation": "organization",
    "catalogue": "catalog",
}
# What Python itself calls `future.cancelled()` and `CancelledError` is not ours to spell.
SPELLING = re.compile(rf"(?<!\.)(?:{'|'.join(SPELLINGS)})(?!Error)", re.IGNORECASE)


def names_that_say_nothing(modules: Iterable[Module]) -> list[str]:
    return [
        f"{module.path}: name it for what it does"
        for module in modules
        if SAY_NOTHING & set(module.path.removesuffix(".py").split("/"))
    ]


def use_cases_without_a_verb(modules: Iterable[Module]) -> list[str]:
    """Modules of a room are its fixed ones, parts of `rules/`, or gerunds: `handing_over.py`."""
    return [
        f"{module.path}: a use case is a gerund (placing.py), a decision stands in rules"
        for module in modules
        if module.room in ROOMS
        and module.path.split("/")[1] != "rules"
        and module.stem not in NOT_USE_CASES
        and not module.stem.partition("_")[0].endswith("ing")
    ]


def odd_store_functions(modules: Iterable[Module]) -> list[str]:
    """Stores are read by their verbs: what they find, list, lock, add, save, count, remove."""
    return [
        f"{module.at(node)} {node.name}: begin with one of {', '.join(STORE_VERBS)}"
        for module in modules
        if module.room in ROOMS and module.path.split("/")[1] in ("store.py", "store")
        for node in module.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and [each.arg for each in node.args.args][:1] == ["tx"]
        and not node.name.startswith(("_", *STORE_VERBS))
    ]


def use_cases_of_another_shape(modules: Iterable[Module]) -> list[str]:
    """`verb(tx, by, request, now)`: a transaction comes first, and nobody commits halfway."""
    found = []
    for module in modules:
        if module.room not in ROOMS:
            continue
        for function in module.functions():
            names = [each.arg for each in function.args.args if each.arg not in ("self", "cls")]
            if "tx" in names and names.index("tx") != 0:
                found.append(f"{module.at(function)} {function.name}: tx comes first")
            if "by" in names and "tx" in names and names.index("by") != 1:
                found.append(f"{module.at(function)} {function.name}: by comes second")
        found += [
            f"{module.at(node)}: a room never commits; its caller does"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute) and node.attr in ("commit", "rollback")
        ]
    return found


def foreign_spellings(texts: Iterable[tuple[str, str]]) -> list[str]:
    """One spelling, the American one, in code and documents."""
    return [
        f"{name}: {found.group()}, we write {SPELLINGS[found.group().lower()]}"
        for name, text in texts
        for found in SPELLING.finditer(text)
    ]


def _written_by_us() -> Iterable[tuple[str, str]]:
    folders = (ROOT / "src", ROOT / "docs", ROOT / "tests", ROOT / "bench")
    files = [*ROOT.glob("*.md"), *(file for folder in folders for file in folder.rglob("*.*"))]
    for file in sorted(set(files) - {Path(__file__)}):
        if file.suffix in (".py", ".md", ".sql"):
            yield file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")


def test_no_module_has_a_name_that_says_nothing() -> None:
    keeps(names_that_say_nothing(read(ROOT / "src")))
    keeps(names_that_say_nothing(read(ROOT / "tests")))
    keeps(names_that_say_nothing(read(ROOT / "bench")))


def test_use_cases_are_gerunds() -> None:
    keeps(use_cases_without_a_verb(read(SRC)))


def test_stores_speak_in_their_verbs() -> None:
    keeps(odd_store_functions(read(SRC)))


def test_use_cases_take_the_transaction_first_and_never_commit() -> None:
    keeps(use_cases_of_another_shape(read(SRC)))


def test_the_spelling_is_american() -> None:
    keeps(foreign_spellings(_written_by_us()))


def test_a_name_that_says_nothing_is_found() -> None:
    assert names_that_say_nothing([Module("stock/helpers.py", "")])
    assert names_that_say_nothing([Module("utils/text.py", "")])


def test_a_use_case_that_is_no_gerund_is_found() -> None:
    wrong, right = Module("stock/count_stock.py", ""), Module("stock/counting.py", "")
    assert use_cases_without_a_verb([wrong, right, Module("stock/rules/available.py", "")]) == [
        "stock/count_stock.py: a use case is a gerund (placing.py), a decision stands in rules"
    ]


def test_an_odd_function_of_a_store_is_found() -> None:
    text = "def get_level(tx): ...\ndef find_level(tx): ...\ndef level_of(row): ...\n"
    store = Module("stock/store.py", text)
    assert len(odd_store_functions([store])) == 1


def test_a_use_case_of_another_shape_is_found() -> None:
    last = Module("stock/counting.py", "def count(request, tx): ...\n")
    third = Module("stock/counting.py", "def count(tx, request, by): ...\n")
    method = Module("access/keyring.py", "class Ring:\n    def load(self, tx): ...\n")
    hasty = Module("stock/counting.py", "def count(tx):\n    tx.commit()\n")
    assert [len(use_cases_of_another_shape([each])) for each in (last, third, hasty, method)] == [
        1,
        1,
        1,
        0,
    ]


def test_a_foreign_spelling_is_found() -> None:
    assert foreign_spellings([("a.md", "Two orders were Cancelled.")]) == [
        "a.md: Cancelled, we write canceled"
    ]
