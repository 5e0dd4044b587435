"""What rooms say is wrong, as text with holes: the pages have to have words for it."""

import ast
from collections.abc import Iterator, Mapping, Sequence

from tests.house.source import Module

# Here nobody reads it on a page: programs, operators, and other companies do.
UNSEEN = ("api/", "cli/", "platform/", "integrations/carriers/", "integrations/webhooks/")
HANDED_ON = (".detail", ".sentence")  # Said elsewhere, and found there.
NAMED = frozenset({"what", "detail"})
Texts = Mapping[str, Sequence[ast.expr]]


def reasons(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Each reason, and each thing, that a refusal of this module may name; `{}` is a hole."""
    if module.path.startswith(UNSEEN):
        return
    told = set()
    known = _assigned(module.tree.body)
    for function in module.functions():
        names = {**known, **_assigned(ast.walk(function))}
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and node not in told:
                told.add(node)
                for said in _said(node):
                    for text in _texts(said, names):
                        yield node, text


def _said(call: ast.Call) -> Iterator[ast.expr]:
    match call:
        case ast.Call(func=ast.Name(id="Fault"), args=[_, _, detail]):
            yield detail
        case ast.Call(func=ast.Name(id="Refusal")):
            yield from (each.value for each in call.keywords if each.arg in NAMED)


def _assigned(nodes: Iterator[ast.AST] | Sequence[ast.AST]) -> Texts:
    """What a name may stand for: what was assigned to it, or what it goes through."""
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.setdefault(name, []).append(value)
            case (
                ast.For(target=ast.Name(id=name), iter=ast.Tuple(elts=values))
                | ast.comprehension(target=ast.Name(id=name), iter=ast.Tuple(elts=values))
            ):
                found.setdefault(name, []).extend(values)
    return found


def _texts(node: ast.expr, names: Texts) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts
            )
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one, names)
            yield from _texts(other, names)
        case ast.Name(id=name) if name in names:
            for each in names[name]:
                yield from _texts(each, {})
        case _ if not ast.unparse(node).endswith(HANDED_ON):
            yield "{}"
