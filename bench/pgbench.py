"""The floors: what the same server does for pgbench, with the same clients, in the same run."""

import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

import psycopg

from bench.machine import Reading, read
from bench.points import Done, MeasuringError, Point, Window, point_of
from bench.stage import BUYERS, Stage

SCRIPTS = Path(__file__).parent / "floors"
BARE, SAME_ROWS, ROW_LOCK = "bare", "same_rows", "row_lock"
THREADS = 2
SAMPLE_SECONDS = 0.4
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
    """The script's transactions a second, and what they cost pgbench and the server."""
    stage.settle()
    with tempfile.TemporaryDirectory(prefix="ovunque-bench-") as folder:
        seconds = ceil(floor.preparing_seconds + floor.seconds + SAMPLE_SECONDS)
        logged = [f"--time={seconds}", "--log", f"--log-prefix={folder}/log"]
        readings = _run(stage, command_of(stage, floor, *logged))
        done = list(_read_logs(Path(folder)))
    if not done:
        raise MeasuringError(f"pgbench did nothing of {floor.script}")
    start = min(each.at for each in done) + floor.preparing_seconds
    end = min(start + floor.seconds + SAMPLE_SECONDS, max(each.at for each in done))
    inside = [each for each in readings if start <= each.at <= end]
    if len(inside) < 2:
        raise MeasuringError(f"pgbench did too little of {floor.script} to be measured")
    window = Window(inside[0], inside[-1])
    return point_of(floor.script, floor.clients, done, window, accepted=len(done))


def command_of(stage: Stage, floor: Floor, *options: str) -> list[str]:
    names = {**stage.names(), "client": str(BUYERS.client_id)}
    command = [str(program(stage)), "--no-vacuum", "--protocol=prepared"]
    command += [f"--file={SCRIPTS / floor.script}.sql", f"--client={floor.clients}"]
    command += [f"--jobs={min(THREADS, floor.clients)}"]
    command += [f"--define={name}={value}" for name, value in names.items()]
    return [*command, *options, stage.floors_url]


def _run(stage: Stage, command: Sequence[str]) -> list[Reading]:
    """Run to the end, reading the processor time all the while; pgbench's clock is the wall's."""
    ahead = time.time() - time.perf_counter()
    readings: list[Reading] = []
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(command, stdout=said, stderr=said) as process:
            roots = {"client": process.pid, "postgres": stage.server}
            while process.poll() is None:
                reading = read(roots)
                readings.append(replace(reading, at=reading.at + ahead))
                time.sleep(SAMPLE_SECONDS)
        said.seek(0)
        if process.returncode != 0:
            words = said.read().decode(errors="replace")[-2_000:]
            raise MeasuringError(f"pgbench failed: {words}")
    return readings


def _read_logs(folder: Path) -> Iterator[Done]:
    """Lines of `client transaction microseconds script second microsecond`."""
    lines = (line.split() for file in folder.glob("log*") for line in file.read_text().splitlines())
    for _, _, took, _, second, microsecond, *_ in lines:
        if took != "failed":
            yield Done(int(second) + int(microsecond) / 1e6, int(took) / 1e6)
