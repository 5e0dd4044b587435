"""Every command in the documents is run, as it stands there, against a running demo."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.servers import serving

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(<!-- not run[^>]*-->\n)?```sh\n(.*?)```", re.DOTALL)
PAGES = sorted(page for page in (ROOT / "docs").rglob("*.md") if BLOCK.search(page.read_text()))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    """A demo as a newcomer starts it, its database included."""
    environment = {"DATABASE_URL": ""}
    with serving(home, environment, "demo", "--workers", "1") as ready:
        yield ready


def commands(page: Path, address: str) -> str:
    """The page's blocks as one script: what one exports, the next one uses."""
    blocks = [text for passed, text in BLOCK.findall(page.read_text()) if not passed]
    return "\n".join(blocks).replace("http://127.0.0.1:8400", address)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_the_documents_work(
    page: Path, address: str, home: Path, tmp_path: Path
) -> None:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    script = f"set -euo pipefail\n{commands(page, address)}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "OVUNQUE_HOME": str(home), "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert '"status":4' not in done.stdout.replace(" ", "")
