"""Removes every guard, one at a time, in a copy of the tree: the tests have to notice each.

`make guards` runs this and writes docs/reference/guards.md; ARGS= names guards by a part of their
name. A guard that nobody misses is either useless or untested.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from tests.guards.guard import Guard
from tests.guards.listed import GUARDS
from tests.house.source import ROOT

PAGE = ROOT / "docs" / "reference" / "guards.md"
AT_ONCE = 2
SECONDS_MAX = 300
FAILED = 1  # What pytest returns when tests failed; more than that: it could not run them.
SHARE_MIN = 0.95
NOTICED = {True: "yes", False: "no"}
HEAD = """# Guards

What stands between us and a unit sold twice, an order lost, a message applied twice, a stranger
inside. `make guards` removes each in a copy of the tree and runs the tests that have to notice:
they fail, or come to no end.
"""


def copy_of_tree(folder: Path) -> Path:
    leftovers = shutil.ignore_patterns("__pycache__", "*_cache", ".hypothesis")
    for name in ("src", "tests", "bench", "docs", "locks"):
        shutil.copytree(ROOT / name, folder / name, ignore=leftovers)
    for file in ROOT.glob("*.*"):
        if file.is_file():
            shutil.copy(file, folder)
    return folder


def without(guard: Guard, tree: Path) -> subprocess.CompletedProcess[str]:
    """The tests of a guard in a tree that lacks it."""
    file = tree / "src" / "ovunque" / guard.file
    whole = file.read_text(encoding="utf-8")
    assert whole.count(guard.snippet) == 1, f"{guard.name}: not once in {guard.file}"
    file.write_text(whole.replace(guard.snippet, guard.instead), encoding="utf-8")
    try:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *guard.tests],
            cwd=tree,
            env=os.environ | {"PYTHONPATH": f"{tree / 'src'}:{tree}"},
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired as hung:  # Nothing comes to its end without it.
        return subprocess.CompletedProcess(hung.cmd, FAILED, "", "")
    finally:
        file.write_text(whole, encoding="utf-8")


def remove_all(guards: Sequence[Guard]) -> dict[str, bool]:
    """Whether the tests noticed, by guard."""
    trees: Queue[Path] = Queue()
    with tempfile.TemporaryDirectory(prefix="ovunque-guards-") as folder:
        for nth in range(AT_ONCE):
            trees.put(copy_of_tree(Path(folder) / str(nth)))

        def remove(guard: Guard) -> bool:
            tree = trees.get()
            try:
                done = without(guard, tree)
            finally:
                trees.put(tree)
            noticed = done.returncode == FAILED
            print(f"{'noticed  ' if noticed else 'UNNOTICED'}  {guard.name}", flush=True)
            if not noticed:
                print(done.stdout[-1_500:] + done.stderr[-500:], flush=True)
            return noticed

        with ThreadPoolExecutor(AT_ONCE) as running:
            return dict(zip([g.name for g in guards], running.map(remove, guards), strict=True))


def page(noticed: dict[str, bool]) -> str:
    """The table as it stands in the docs."""
    rows = [
        f"| {guard.name} | `{guard.file}` | {by(guard)} | {NOTICED[noticed[guard.name]]} |"
        for guard in GUARDS
    ]
    total = f"When each was last removed, {sum(noticed.values())} of {len(noticed)} were noticed."
    head = ["| guard | stands in | tests that miss it | noticed |", "| --- | --- | --- | --- |"]
    return "\n".join([HEAD, total, "", *head, *rows, ""])


def by(guard: Guard) -> str:
    files = [each for each in guard.tests if each.startswith("tests/")]
    return ", ".join(f"`{each}`" for each in files)


def main(wanted: Sequence[str]) -> int:
    guards = [guard for guard in GUARDS if all(word in guard.name for word in wanted)]
    noticed = remove_all(guards)
    print(f"{sum(noticed.values())} of {len(noticed)} removals were noticed.")
    if not wanted:
        PAGE.write_text(page(noticed), encoding="utf-8")
    return 0 if sum(noticed.values()) >= SHARE_MIN * len(noticed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
