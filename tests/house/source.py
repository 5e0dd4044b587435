"""The source as the house rules read it: files, names they use, texts they hold.

Every rule is a function over modules that returns its findings as text, so that it can be shown
a planted violation: a rule that cannot fail is a wish.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "ovunque"

ROOMS = {
    "access",
    "network",
    "catalog",
    "customers",
    "stock",
    "delivery",
    "fulfillment",
    "sourcing",
    "promise",
    "orders",
    "insight",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file; `path` is relative, with slashes, as in `stock/rules.py`."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def room(self) -> str:
        """The first folder: `stock` for `stock/rules.py`, nothing for `app.py`."""
        return self.path.partition("/")[0] if "/" in self.path else ""

    @property
    def stem(self) -> str:
        return self.path.rpartition("/")[2].removesuffix(".py")

    @property
    def is_pure(self) -> bool:
        """Nouns, decisions and the kernel: no clock, no chance, no outside world."""
        inner = self.path.split("/")[1:2]
        return self.room == "kernel" or inner in (["model.py"], ["rules.py"], ["rules"])

    def functions(self) -> Iterator[Function]:
        yield from (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def at(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@cache
def read(folder: Path) -> tuple[Module, ...]:
    """All Python files below a folder, in order."""
    files = sorted(folder.rglob("*.py"))
    return tuple(
        Module(file.relative_to(folder).as_posix(), file.read_text(encoding="utf-8"))
        for file in files
    )


def keeps(found: list[str]) -> None:
    """The rule is kept, or here is each finding on a line of its own."""
    assert not found, "\n".join(["", *found])


def imported_names(module: Module) -> dict[str, str]:
    """What each imported name stands for: `{"now": "datetime.datetime.now", "np": "numpy"}`."""
    names: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                first = each.name.partition(".")[0]
                names[each.asname or first] = each.name if each.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for each in node.names:
                names[each.asname or each.name] = f"{node.module}.{each.name}"
    return names


def used_names(module: Module) -> Iterator[tuple[ast.expr, str]]:
    """Every use of something imported, by its full name, the longest chain of attributes only."""
    imported = imported_names(module)
    inner = {id(node.value) for node in ast.walk(module.tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in inner:
            chain = dotted(node)
            first, _, rest = chain.partition(".")
            if first in imported:
                yield node, f"{imported[first]}.{rest}".rstrip(".")


def dotted(node: ast.expr) -> str:
    """`a.b.c` as text; nothing for what is not a plain chain of names."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def texts(module: Module) -> Iterator[tuple[ast.expr, str]]:
    """Every string of the code except docstrings; the holes of f-strings read `{}`."""
    skipped = {id(node) for node in docstrings(module)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values)
            yield (
                node,
                "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "{}"
                    for part in node.values
                ),
            )
        elif is_text(node) and id(node) not in skipped:
            yield node, str(node.value)


def is_text(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def docstrings(module: Module) -> Iterator[ast.expr]:
    """Strings that stand as statements of their own."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def calls(module: Module, name: str) -> Iterator[ast.Call]:
    """Calls of a name, imported or reached through its module."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == name:
            yield node
