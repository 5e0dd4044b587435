"""Commands given what they cannot use: one sentence, the right exit code, never a traceback."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.journeys.servers import OVUNQUE

from ovunque.cli.main import main

REFUSED, MISUSED = 1, 2

BAD: dict[str, tuple[list[str], int]] = {
    "unknown command": (["nope"], MISUSED),
    "unknown option": (["check", "--nope"], MISUSED),
    "missing argument": (["order"], MISUSED),
    "unknown order": (["order", "OV-0"], REFUSED),
    "order with a foreign id": (["order", "ord_00000000000000000000000000"], REFUSED),
    "order with an id that is none": (["order", "ord_x"], REFUSED),
    "order with control characters": (["order", "OV-\x01\x1b[31m"], REFUSED),
    "order as long as a novel": (["order", "9" * 5_000], REFUSED),
    "unknown kind": (["import", "nope", "x.csv"], MISUSED),
    "missing file": (["import", "stock", "no-such-file.csv"], REFUSED),
    "a folder for a file": (["import", "stock", "."], REFUSED),
    "an empty file": (["import", "stock", "/dev/null"], REFUSED),
    "export of nothing known": (["export", "nope"], MISUSED),
    "export into a folder": (["export", "stock", "--out", "."], REFUSED),
    "key without scope": (["keys", "create", "shop"], MISUSED),
    "key with an unknown scope": (["keys", "create", "shop", "--scope", "nope"], MISUSED),
    "revoking a key that is none": (["keys", "revoke", "nope"], REFUSED),
    "a source of an unknown kind": (["sources", "set", "wms", "--kind", "nope"], MISUSED),
    "a source that contradicts itself": (
        ["sources", "set", "wms", "--reports", "available", "--picked-outside"],
        REFUSED,
    ),
    "workers below one": (["serve", "--workers", "0"], MISUSED),
    "workers as words": (["serve", "--workers", "two"], MISUSED),
    "a negative seed": (["demo", "--seed", "-1"], MISUSED),
    "a backup where nothing can be written": (["backup", "/dev/null/backups"], REFUSED),
    "a simulation of no days": (["simulate", "x", "--days", "0"], MISUSED),
    "a simulation of more days than there are": (["simulate", "x", "--days", "9" * 12], MISUSED),
    "a version beyond all numbers": (["strategies", "roll-back", "x", "--to", "9" * 20], MISUSED),
}


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a command as typed, in this process: starting Python each time would take minutes."""

    def command(*arguments: str, **environment: str) -> Ran:
        told = {"NO_COLOR": "1", "OVUNQUE_HOME": str(tmp_path), **environment}
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["ovunque", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capfd.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, printed.out, printed.err)

    return command


@pytest.mark.parametrize("name", BAD)
def test_a_command_that_cannot_be_done_says_so(run: Run, database_url: str, name: str) -> None:
    arguments, code = BAD[name]
    done = run(*arguments, DATABASE_URL=database_url)

    assert done.code == code, done.err
    assert done.out == ""
    assert done.err.strip()
    says_one_line(done, code)


def says_one_line(done: Ran, code: int = REFUSED) -> None:
    assert done.code == code
    assert done.err.startswith("ovunque: ")
    assert len(done.err.splitlines()) == 1, done.err
    assert done.err.rstrip("\n").isprintable()


@pytest.mark.parametrize(
    "environment",
    [
        {"PORT": "0"},
        {"PORT": "nine"},
        {"DATABASE_URL": "garbage"},
        {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
        {"OVUNQUE_LOG_LEVEL": "loud"},
        {"OVUNQUE_PG_BIN": "/no/such/folder", "DATABASE_URL": ""},
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_used_is_named(run: Run, environment: dict[str, str]) -> None:
    says_one_line(run("check", **{"DATABASE_URL": "postgresql://x@127.0.0.1:1/x", **environment}))


def test_the_program_itself_ends_with_its_exit_code() -> None:
    done = subprocess.run([*OVUNQUE, "order"], capture_output=True, timeout=60, check=False)
    assert done.returncode == MISUSED
    assert b"Traceback" not in done.stderr


def test_whoever_types_a_command_of_a_group_wrong_is_shown_its_own_help(run: Run) -> None:
    done = run("keys", "create")
    assert done.err.rstrip().endswith("see ovunque keys create --help")
