"""What opens doors by accident: bandit's rules run in ruff (`S`), these are this house's own."""

import ast
import re
from collections.abc import Iterable, Iterator

from tests.house.source import SRC, Module, keeps, read, used_names

DANGEROUS = re.compile(
    r"pickle\..+|marshal\..+|shelve\..+|dill\..+|os\.(system|popen)|subprocess\.getoutput"
    r"|yaml\.(load|unsafe_load|full_load).*|hashlib\.(md5|sha1|new)|tempfile\.mktemp"
    r"|ssl\.(_create_unverified_context|CERT_NONE)|markupsafe\.Markup|xml\.(etree|dom|sax).*"
    r"|random\.SystemRandom|telnetlib.*|ftplib.*"
)
BUILT_IN = {"eval", "exec", "__import__"}
SECRET = re.compile(r"(^|_)(token|secret|password|pin|carried|signature|form_key)$")
HIDDEN = re.compile(r"(^|_)(token|secret|password|pin|carried)$")
KNOWN = {
    "platform/row_types.py: eval",  # Of the columns that modules declare.
    "integrations/files/strategies.py: yaml.load",  # By a SafeLoader that refuses a key told twice.
    "web/doors/account.py: markupsafe.Markup",  # A QR code that is drawn here.
}
UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+false|\bon[a-z]+=\"|javascript:", re.IGNORECASE)


def dangerous_calls(modules: Iterable[Module]) -> list[str]:
    """Ways to run what came from outside, and digests that can be forged."""
    found = []
    for module in modules:
        found += [
            f"{module.at(node)}: {name}"
            for node, name in used_names(module)
            if DANGEROUS.fullmatch(name) and f"{module.path}: {name}" not in KNOWN
        ]
        found += [
            f"{module.at(node)}: {node.func.id}"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in BUILT_IN
            and f"{module.path}: {node.func.id}" not in KNOWN
        ]
        found += [f"{module.at(each)}: {each.arg}" for each in switched(module)]
    return found


def switched(module: Module) -> Iterator[ast.keyword]:
    """`shell=True` hands words to a shell, `verify=False` trusts whoever answers."""
    for node in ast.walk(module.tree):
        if not (isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant)):
            continue
        if (node.arg, node.value.value) in (("shell", True), ("verify", False)):
            yield node


def secrets_compared_by_time(modules: Iterable[Module]) -> list[str]:
    """`==` stops at the first letter that differs: what is secret is compared as a whole."""
    return [
        f"{module.at(node)}: compare {name} by hmac.compare_digest"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq)
        for side in (node.left, node.comparators[0])
        if (name := last_name(side)) and SECRET.search(name)
        if not isinstance(node.comparators[0], ast.Constant)
    ]


def last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def secrets_that_show(modules: Iterable[Module]) -> list[str]:
    """A field that holds a secret is not printed with its dataclass: `field(repr=False)`."""
    return [
        f"{module.at(field)}: {field.target.id} needs field(repr=False)"
        for module in modules
        for kind in ast.walk(module.tree)
        if isinstance(kind, ast.ClassDef) and is_dataclass(kind)
        for field in kind.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if HIDDEN.search(field.target.id)
        if ast.unparse(field.annotation).startswith(("str", "bytes"))
        if "repr=False" not in (ast.unparse(field.value) if field.value else "")
    ]


def is_dataclass(kind: ast.ClassDef) -> bool:
    return any("dataclass" in ast.unparse(each) for each in kind.decorator_list)


def test_nothing_runs_what_came_from_outside() -> None:
    keeps(dangerous_calls(read(SRC)))


def test_secrets_are_compared_whole() -> None:
    keeps(secrets_compared_by_time(read(SRC)))


def test_secrets_are_not_printed() -> None:
    keeps(secrets_that_show(read(SRC)))


def test_pages_escape_whatever_they_say() -> None:
    keeps(
        [
            f"{file.relative_to(SRC)}: {found[0]}"
            for file in sorted((SRC / "web" / "templates").rglob("*.html"))
            if (found := UNESCAPED.search(file.read_text(encoding="utf-8")))
        ]
    )


def test_planted_weak_spots_are_found() -> None:
    text = """
import pickle, subprocess, hashlib, yaml
from dataclasses import dataclass
@dataclass
class Key:
    name: str
    token: str
def let_in(told, kept, body):
    pickle.loads(body)
    yaml.load(body)
    hashlib.md5(body)
    eval(body)
    subprocess.run(body, shell=True)
    return told.token == kept
"""
    planted = [Module("web/planted.py", text)]
    assert len(dangerous_calls(planted)) == 5
    assert len(secrets_compared_by_time(planted)) == 1
    assert len(secrets_that_show(planted)) == 1
    assert all(
        UNESCAPED.search(each)
        for each in ("{{ name|safe }}", '<a onclick="x()">', "{% autoescape false %}")
    )
