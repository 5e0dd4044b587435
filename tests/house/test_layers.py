"""Who may import whom: the layers of `pyproject.toml`, pure rules, private stores, no cycles."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest
from tests.house.source import ROOMS, ROOT, Module, keeps, read

# What decides must not know how it is stored, served or timed.
IMPURE = {
    "ovunque.platform",
    "fastapi",
    "httpx",
    "psycopg",
    "psycopg_pool",
    "pydantic",
    "pydantic_settings",
    "random",
    "starlette",
    "time",
}
EDGES = {"api", "cli", "integrations", "app", "resealing", "sweeping", "web", "worker"}


def impure_reaches(graph: grimp.ImportGraph) -> list[str]:
    """Ways from a model, a rule or the kernel to the outside world, over any number of imports."""
    found = []
    for name in sorted(graph.modules):
        if not is_pure(name):
            continue
        for reached in sorted(graph.find_upstream_modules(name)):
            if is_impure(reached):
                way = graph.find_shortest_chain(name, reached) or ()
                found.append(" -> ".join(way))
    return found


def is_pure(name: str) -> bool:
    return re.fullmatch(r"ovunque\.(kernel(\..+)?|\w+\.(model|rules)(\..+)?)", name) is not None


def is_impure(name: str) -> bool:
    outside = any(name == each or name.startswith(f"{each}.") for each in IMPURE)
    return outside or re.fullmatch(r"ovunque\.\w+\.store(\..+)?", name) is not None


def foreign_stores(graph: grimp.ImportGraph) -> list[str]:
    """Imports of a room's store from outside the room."""
    return sorted(
        f"{importer} imports {store}"
        for store in graph.modules
        if re.fullmatch(r"ovunque\.\w+\.store(\..+)?", store)
        for importer in graph.find_modules_that_directly_import(store)
        if importer.split(".")[:2] != store.split(".")[:2]
    )


def sql_at_the_edges(graph: grimp.ImportGraph) -> list[str]:
    """Edges call use cases; only the composition roots may know the driver."""
    return sorted(
        f"{name} imports {driver}"
        for driver in ("psycopg", "psycopg_pool")
        if driver in graph.modules
        for name in graph.find_modules_that_directly_import(driver)
        if name.split(".")[1:2] in (["api"], ["web"], ["integrations"])
        or (name.split(".")[1] in ROOMS and not re.search(r"\.store(\.|$)", name))
    )


def cycles(graph: grimp.ImportGraph) -> list[str]:
    """One ring of imports, if there is any."""
    ours = {
        name: graph.find_modules_directly_imported_by(name)
        for name in sorted(graph.modules)
        if name.startswith("ovunque")
    }
    try:
        TopologicalSorter(ours).prepare()
    except CycleError as error:
        return [" <- ".join(error.args[1])]
    return []


def rooms_that_are_no_packages(modules: Iterable[Module]) -> list[str]:
    """Folders with code and no `__init__.py`: nobody would see their imports."""
    folders = {str(Path(module.path).parent) for module in modules}
    known = {str(Path(m.path).parent) for m in modules if m.path.endswith("__init__.py")}
    return sorted(folders - known)


def lint_imports(config: Path, source: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT, str(config)],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
        cwd=source,
    )


LINT = """
import sys
from importlinter.application.use_cases import lint_imports
from importlinter.configuration import configure

configure()
sys.exit(not lint_imports(config_filename=sys.argv[1], cache_dir=None, no_logo=True))
"""


def plant(tmp_path: Path, files: dict[str, str]) -> Path:
    """A small house with the same rooms as ours and some files of its own."""
    names = [path.parent.name for path in (ROOT / "src/ovunque").glob("*/__init__.py")]
    tops = [path.name for path in (ROOT / "src/ovunque").glob("*.py")]
    empty = {**dict.fromkeys(tops, ""), **{f"{name}/__init__.py": "" for name in names}}
    for path, text in {**empty, **files}.items():
        target = tmp_path / "ovunque" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return tmp_path


def planted_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]
) -> grimp.ImportGraph:
    """Built from the files alone: the import system would find our own house first."""
    plant(tmp_path, files)
    monkeypatch.setattr("sys.path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "ovunque", raising=False)
    return grimp.build_graph("ovunque", include_external_packages=True, cache_dir=None)


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("ovunque", include_external_packages=True, cache_dir=None)


def test_every_room_imports_only_what_stands_below_it() -> None:
    done = lint_imports(ROOT / "pyproject.toml", ROOT / "src")
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_import_upwards_breaks_the_layers(tmp_path: Path) -> None:
    source = plant(tmp_path, {"stock/claiming.py": "from ovunque.orders import model\n"})
    done = lint_imports(ROOT / "pyproject.toml", source)
    assert done.returncode == 1
    assert "ovunque.stock is not allowed to import ovunque.orders" in done.stdout


def test_models_and_rules_are_pure(graph: grimp.ImportGraph) -> None:
    keeps(impure_reaches(graph))


def test_stores_are_private(graph: grimp.ImportGraph) -> None:
    keeps(foreign_stores(graph))
    keeps(sql_at_the_edges(graph))


def test_nothing_imports_itself_in_a_ring(graph: grimp.ImportGraph) -> None:
    keeps(cycles(graph))


def test_every_folder_is_seen() -> None:
    keeps(rooms_that_are_no_packages(read(ROOT / "src/ovunque")))


def test_planted_violations_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = planted_graph(
        tmp_path,
        monkeypatch,
        {
            "stock/rules.py": "from ovunque.stock import looking\n",
            "stock/looking.py": "import time\nimport psycopg\nfrom ovunque.stock import rules\n",
            "orders/placing.py": "from ovunque.stock import store\n",
            "stock/store.py": "",
        },
    )
    assert impure_reaches(graph) == [
        "ovunque.stock.rules -> ovunque.stock.looking -> psycopg",
        "ovunque.stock.rules -> ovunque.stock.looking -> time",
    ]
    assert foreign_stores(graph) == ["ovunque.orders.placing imports ovunque.stock.store"]
    assert sql_at_the_edges(graph) == ["ovunque.stock.looking imports psycopg"]
    assert len(cycles(graph)) == 1
    assert rooms_that_are_no_packages([Module("stock/new/rules.py", "")]) == ["stock/new"]
