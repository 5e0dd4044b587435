"""What lies in the tree: our own text files, no stranger's assets, locks that agree."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.house.source import ROOT, keeps

FOLDERS = (".ci", "bench", "docs", "locks", "src", "tests")
TEXT = {".css", ".csv", ".html", ".js", ".json", ".md", ".ndjson", ".po", ".pot", ".py"}
TEXT |= {".sql", ".svg", ".toml", ".txt", ".typed", ".yaml", ".yml"}
TOP = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "NOTICE",
    "README.md",
    "SECURITY.md",
)
NAMED = {*TOP, "run", "install", ".gitkeep"}
THIRD_PARTY = {"node_modules", "third_party", "vendor", "vendored"}
BROUGHT = "src/ovunque/web/static/vendor"  # By npm, from a lock; .gitignore names it.
SCREENS = "docs/screens"  # Screenshots, taken again by `make screens`.
FILE_BYTES_MAX = 500_000
# A path that exists on somebody's machine only.
MACHINE_PATH = re.compile(r"(?<![\w.~}])/(?:work|root|Users)/\w")


def strange_files(files: Iterable[Path], root: Path) -> list[str]:
    """Files that are no text of ours: assets of others, binaries, things of unusual size."""
    found = []
    for file in files:
        name = file.relative_to(root).as_posix()
        if THIRD_PARTY & set(file.relative_to(root).parts) or ".min." in file.name:
            found.append(f"{name}: other people's files come by a lock, not by a copy")
        elif file.suffix == ".png" and name.startswith(f"{SCREENS}/"):
            found += [f"{name}: over {FILE_BYTES_MAX} bytes"] * (
                file.stat().st_size > FILE_BYTES_MAX
            )
        elif file.suffix not in TEXT and file.name not in NAMED:
            found.append(f"{name}: a kind of file that has no place here")
        elif file.stat().st_size > FILE_BYTES_MAX:
            found.append(f"{name}: over {FILE_BYTES_MAX} bytes")
        elif path := MACHINE_PATH.search(file.read_text(encoding="utf-8")):
            found.append(f"{name}: {path.group()}… is a path of one machine only")
    return found


def ours(root: Path) -> list[Path]:
    """Every file that belongs to the project: what tools leave behind is not looked at."""
    found = [path for path in root.iterdir() if path.name in TOP]
    for folder in FOLDERS:
        found += [
            path
            for path in (root / folder).rglob("*")
            if path.is_file() and not any(is_leftover(part) for part in path.parts)
        ]
    return sorted(path for path in found if root / BROUGHT not in path.parents)


def is_leftover(part: str) -> bool:
    return part in ("__pycache__", "results") or part.endswith((".egg-info", "_cache"))


def pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.\[\]-]+)==([^\s;]+)", text, re.MULTILINE))


def disagreeing_pins(runtime: str, development: str) -> list[str]:
    """Packages that would change their version between `make demo` and `make test`."""
    there = pins(development)
    return [
        f"{name} {version} runs, {there.get(name, 'none')} is tested"
        for name, version in pins(runtime).items()
        if there.get(name) != version
    ]


def unhashed(lock: str) -> list[str]:
    """Pins without a hash, and addresses of somebody's index."""
    entries = re.split(r"\n(?=\S)", lock.strip())
    return [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry]


def lock(name: str) -> str:
    return (ROOT / "locks" / name).read_text(encoding="utf-8")


def test_the_tree_holds_our_own_text_files_only() -> None:
    keeps(strange_files(ours(ROOT), ROOT))


def test_what_npm_brings_is_never_committed() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert f"/{BROUGHT}/" in ignored
    assert "/node_modules/" in ignored


def test_a_stranger_finds_what_to_read_first() -> None:
    keeps([name for name in TOP if not (ROOT / name).is_file()])


def test_the_locks_agree_and_are_hashed() -> None:
    keeps(disagreeing_pins(lock("runtime.txt"), lock("development.txt")))
    assert [unhashed(lock(name)) for name in ("uv.txt", "runtime.txt", "development.txt")] == [
        [],
        [],
        [],
    ]


def test_a_run_of_tests_leaves_no_folder_behind(tmp_path: Path) -> None:
    """Each of its processes has a key of its own."""
    asked = ("-q", "-p", "no:cacheprovider", "--collect-only", "tests/rules/test_gs1.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *asked],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert [*tmp_path.iterdir()] == []


def test_strange_files_are_found(tmp_path: Path) -> None:
    planted = {
        "src/vendor/htmx.js": "",
        "src/chart.min.js": "",
        "docs/logo.png": "",
        "docs/screens/order.png": "",
        "docs/screens/large.png": "x" * 500_001,
        "docs/big.md": "x" * 500_001,
        "docs/path.md": "see " + "/".join(["", "Users", "anna", "notes"]),
        "docs/fine.md": "see https://example.org/work/x and ./work/x",
    }
    for name, text in planted.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = strange_files(ours(tmp_path), tmp_path)
    assert [each.partition(":")[0] for each in found] == sorted(
        set(planted) - {"docs/fine.md", "docs/screens/order.png"}
    )


def test_disagreeing_locks_are_found() -> None:
    assert disagreeing_pins("a==1 \\\nb==2 ; x\n", "a==1\nb==3\n") == ["b 2 runs, 3 is tested"]
    assert unhashed("--index-url https://x\na==1 \\\n    --hash=sha256:0\nb==2\n") == [
        "--index-url",
        "b==2",
    ]
