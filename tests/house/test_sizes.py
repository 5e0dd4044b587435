"""Small files, small functions: what does not fit on a page is two things."""

import ast
from collections.abc import Iterable, Iterator

from tests.house.source import ROOT, Function, Module, keeps, read

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
PARAMETERS_MAX = 5
DECLARED_MAX = 8  # Parameters of a route or a command are its declaration; keyword-only ones too.
NESTING_MAX = 3

NESTING = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith, ast.Try, ast.Match)


def too_large(modules: Iterable[Module], *, tests: bool = False) -> list[str]:
    """Modules and functions over the limits; tests may take many fixtures and try every case."""
    found = []
    for module in modules:
        lines = module.text.count("\n")
        if lines > MODULE_LINES_MAX:
            found.append(f"{module.path}: {lines} lines, at most {MODULE_LINES_MAX}")
        for function in module.functions():
            what = f"{module.at(function)} {function.name}"
            found += [f"{what}: {each}" for each in _function_findings(function, tests)]
    return found


def _function_findings(function: Function, tests: bool) -> Iterator[str]:
    assert function.end_lineno is not None
    lines = function.end_lineno - function.lineno + 1
    if lines > FUNCTION_LINES_MAX:
        yield f"{lines} lines, at most {FUNCTION_LINES_MAX}"
    if tests:
        return
    yield from _parameter_findings(function)
    if (deep := nesting(function.body)) > NESTING_MAX:
        yield f"nested {deep} deep, at most {NESTING_MAX}"


def _parameter_findings(function: Function) -> Iterator[str]:
    taken = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    positional = len(taken) - (taken[:1] in (["self"], ["cls"]))
    total = positional + len(function.args.kwonlyargs)
    if positional > PARAMETERS_MAX and not is_declaration(function):
        yield f"{positional} parameters, at most {PARAMETERS_MAX}: make it a request object"
    elif total > DECLARED_MAX:
        yield f"{total} parameters, at most {DECLARED_MAX} with the keyword-only ones"


def is_declaration(function: Function) -> bool:
    """A route or a command: `@router.post("/orders")`, `@app.command()`."""
    return any(
        isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)
        for each in function.decorator_list
    )


def nesting(statements: Iterable[ast.stmt]) -> int:
    """How deep blocks stand within blocks; `elif` and functions of their own start no level."""
    return max((_depth(statement) for statement in statements), default=0)


def _depth(statement: ast.stmt) -> int:
    if not isinstance(statement, NESTING):
        return 0
    if isinstance(statement, ast.If):
        if len(statement.orelse) == 1 and isinstance(statement.orelse[0], ast.If):
            return max(1 + nesting(statement.body), _depth(statement.orelse[0]))
        return 1 + nesting([*statement.body, *statement.orelse])
    inner = [each for _, value in ast.iter_fields(statement) for each in _blocks(value)]
    return 1 + nesting(inner)


def _blocks(value: object) -> Iterator[ast.stmt]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, ast.stmt):
            yield each
        elif isinstance(each, ast.ExceptHandler | ast.match_case):
            yield from each.body


def test_modules_and_functions_are_small() -> None:
    keeps(too_large(read(ROOT / "src")))
    keeps(too_large(read(ROOT / "bench")))


def test_tests_are_small_too() -> None:
    keeps(too_large(read(ROOT / "tests"), tests=True))


def test_a_long_module_and_a_long_function_are_found() -> None:
    body = "    pass\n" * 50
    (long,) = too_large([Module("stock/long.py", f"def work():\n{body}")])
    assert long == "stock/long.py:1 work: 51 lines, at most 50"
    assert too_large([Module("stock/long.py", "x = 1\n" * 401)]) == [
        "stock/long.py: 401 lines, at most 400"
    ]


def test_too_many_parameters_are_found() -> None:
    six = Module("stock/six.py", "class A:\n    def work(self, a, b, c, d, e, f): ...\n")
    nine = Module("stock/nine.py", "def work(a, *, b, c, d, e, f, g, h, i): ...\n")
    route = Module("api/six.py", "@router.get('/x')\ndef work(a, b, c, d, e, f): ...\n")
    assert [len(too_large([each])) for each in (six, nine, route)] == [1, 1, 0]


def test_deep_nesting_is_found() -> None:
    flat = (
        "def work():\n    if a:\n        x()\n    elif b:\n        x()\n    elif c:\n        x()\n"
    )
    assert nesting(ast.parse(flat).body[0].body) == 1  # type: ignore[attr-defined]
    deep = "def work():\n for a in b:\n  if a:\n   try:\n    x()\n   except E:\n"
    deep += "    with y:\n     z()\n"
    assert too_large([Module("stock/deep.py", deep)]) == [
        "stock/deep.py:1 work: nested 4 deep, at most 3"
    ]
