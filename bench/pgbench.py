"""The floors: what the same server does for pgbench, with the same clients, in the same run."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import psycopg

from bench.machine import read
from bench.points import Done, MeasuringError, Point, Window, point_of
from bench.stage import BUYERS, FLOORS, Stage
from ovunque.platform.embedded import wait_until

SCRIPTS = Path(__file__).parent / "floors"
BARE, SAME_ROWS, ROW_LOCK, HOLD = "bare", "same_rows", "row_lock", "hold"
THREADS = 2
ENDING_SECONDS_MAX = 30
PREPARING_SECONDS = 0.008  # Of one client's first transaction, on a busy machine.
TIME_ORDERED_MAJOR_MIN = 18  # Older servers draw ids by chance alone.


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """One script, run by so many clients for so long."""

    script: str
    clients: int
    seconds: float
    warmup_seconds: float

    @property
    def preparing_seconds(self) -> float:
        """Until every client has prepared its statements, and the caches are warm."""
        return self.warmup_seconds + self.clients * PREPARING_SECONDS


def prepare(stage: Stage) -> None:
    """The tables and ids that the scripts need, beside the copied network."""
    if not program(stage).exists():
        raise MeasuringError(f"there is no pgbench in {program(stage).parent}")
    timed = stage.cluster.programs.major >= TIME_ORDERED_MAJOR_MIN
    drawn = "uuidv7()" if timed else "gen_random_uuid()"
    text = (SCRIPTS / "prepare.sql").read_text(encoding="utf-8")
    with psycopg.connect(stage.floors_url, autocommit=True) as owner:
        owner.execute(f"create function new_id() returns uuid language sql as 'select {drawn}'")
        for statement in text.split(";\n"):
            if statement.strip():
                owner.execute(statement.encode())


def program(stage: Stage) -> Path:
    return stage.cluster.programs.path / "pgbench"


def measure(stage: Stage, floor: Floor) -> Point:
    """The script's transactions a second, and what they cost pgbench and the server.

    Processor time is read before and after the whole run, and divided by all it did: a look at
    hundreds of processes in between would cost more than it tells.
    """
    stage.settle()
    roots = {"client": os.getpid(), "postgres": stage.server}  # What ended is counted with us.
    ahead = time.time() - time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="ovunque-bench-") as folder:
        before = read(roots)
        seconds = ceil(floor.preparing_seconds + floor.seconds)
        _run(command_of(stage, floor, f"--time={seconds}", "--log", f"--log-prefix={folder}/log"))
        wait_until(lambda: not _is_connected(stage), ENDING_SECONDS_MAX)
        after = read(roots)
        done = [Done(each.at - ahead, each.seconds) for each in _read_logs(Path(folder))]
    if not done:
        raise MeasuringError(f"pgbench did nothing of {floor.script}")
    start = min(each.at for each in done) + floor.preparing_seconds
    window = Window(start=start, end=start + floor.seconds, before=before, after=after)
    return point_of(floor.script, floor.clients, done, window, accepted=len(done))


def _is_connected(stage: Stage) -> bool:
    """Whether processes of the floors' database are still there."""
    with psycopg.connect(stage.cluster.url("postgres"), autocommit=True) as owner:
        found = owner.execute(
            "select from pg_stat_activity where datname = %s and backend_type = 'client backend'",
            [FLOORS],
        )
        return found.fetchone() is not None


def command_of(stage: Stage, floor: Floor, *options: str) -> list[str]:
    names = {**stage.names(), "client": str(BUYERS.client_id)}
    command = [str(program(stage)), "--no-vacuum", "--protocol=prepared"]
    command += [f"--file={SCRIPTS / floor.script}.sql", f"--client={floor.clients}"]
    command += [f"--jobs={min(THREADS, floor.clients)}"]
    command += [f"--define={name}={value}" for name, value in names.items()]
    return [*command, *options, stage.floors_url]


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        raise MeasuringError(f"pgbench failed: {done.stderr[-2_000:]}")


def _read_logs(folder: Path) -> Iterator[Done]:
    """Lines of `client transaction microseconds script second microsecond`."""
    lines = (line.split() for file in folder.glob("log*") for line in file.read_text().splitlines())
    for _, _, took, _, second, microsecond, *_ in lines:
        if took != "failed":
            yield Done(int(second) + int(microsecond) / 1e6, int(took) / 1e6)
