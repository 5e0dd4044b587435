"""Clusters and processes for the tests of the embedded server."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from ovunque.platform.embedded import Cluster, find_binaries, wait_until
from ovunque.platform.embedded.throwaway import temporary_place
from ovunque.platform.settings import read_settings

SECONDS_MAX = 20
PROGRAMS = find_binaries(read_settings().pg_bin)

# Runs as another process, on request as another user: modules are loaded while root can still
# read them. Its standard input stays open as long as its owner wants it to live.
SCRIPT = """
import os, sys
from pathlib import Path
from ovunque.kernel.refusal import Refusal
from ovunque.platform.embedded import Cluster, find_binaries, throwaway

task, folder, pg_bin, uid = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
if uid != os.geteuid():
    os.setgroups([]); os.setgid(uid); os.setuid(uid)
cluster = Cluster(folder, find_binaries(pg_bin), durable=False)
match task:
    case "start":
        print(cluster.start(), flush=True)
        sys.stdin.read()
    case "life":
        try:
            print(cluster.start(), cluster.start(), cluster.status().running, cluster.stop())
        except Refusal as refusal:
            print(refusal)
    case "throwaway":
        with throwaway(pg_bin) as cluster:
            print(cluster.folder, flush=True)
            sys.stdin.read()
"""


@contextmanager
def a_place() -> Iterator[Path]:
    """A folder to be made where the server's account can reach it; its path has a space."""
    place = Path(tempfile.mkdtemp(prefix="ovunque test ", dir=temporary_place())).resolve()
    place.chmod(0o711)
    yield place / "shop"
    Cluster(place / "shop", PROGRAMS).stop("immediate")
    shutil.rmtree(place)


@contextmanager
def ended() -> Iterator[list[subprocess.Popen[str]]]:
    """A list whose processes are gone afterwards."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def run_script(task: str, folder: Path, uid: int | None = None) -> subprocess.Popen[str]:
    asked = [task, str(folder), str(PROGRAMS.path), str(os.geteuid() if uid is None else uid)]
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *asked],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def ask(cluster: Cluster, question: str) -> object:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return row[0]


def kill(cluster: Cluster) -> int:
    """Kill the server where it stands; returns its number."""
    pid = cluster.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: cluster.status().pid is None, SECONDS_MAX)
    return pid
