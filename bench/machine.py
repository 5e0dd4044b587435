"""What the machine is, and how much processor time its processes have used."""

import os
import platform
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ovunque.platform.embedded import Cluster

PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Figures mean little without the machine they come from; ratios mean more."""

    cores: int
    processor: str
    load_before: float  # What others kept running when we began.
    system: str
    python: str
    postgres: str
    durable: bool


def facts_of(cluster: Cluster) -> Facts:
    return Facts(
        cores=cores(),
        processor=_processor(),
        load_before=round(os.getloadavg()[0], 2),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        postgres=cluster.programs.version,
        durable=cluster.durable,
    )


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


def _processor() -> str:
    try:
        lines = (PROCESSES / "cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")


@dataclass(frozen=True, slots=True)
class Reading:
    """The processor seconds that each part has used by a moment, and all others together."""

    at: float
    cpu: Mapping[str, float]
    others: float


def read(roots: Mapping[str, int]) -> Reading:
    """What each root process and all below it have used; children that ended stay counted.

    One look at the process table for all parts: with a process for each connection it is long.
    """
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for entry in os.scandir(PROCESSES):
        if entry.name.isdecimal():
            _note(int(entry.name), parents, ticks)
    cpu = dict.fromkeys(roots, 0.0)
    parts = {pid: name for name, pid in roots.items()}
    for pid, used in ticks.items():
        if name := _part_of(pid, parents, parts):
            cpu[name] += used / _ticks()
    return Reading(time.perf_counter(), cpu, others=_busy_seconds() - sum(cpu.values()))


def _busy_seconds() -> float:
    """What all processors did since the machine started, and what they were kept from."""
    line = (PROCESSES / "stat").read_text().split("\n", 1)[0]
    user, nice, system, _idle, _waiting, *interrupts = map(int, line.split()[1:9])
    return (user + nice + system + sum(interrupts)) / _ticks()


def _note(pid: int, parents: dict[int, int], ticks: dict[int, int]) -> None:
    try:
        text = (PROCESSES / str(pid) / "stat").read_text()
    except OSError:  # It ended this very moment.
        return
    fields = text.rpartition(")")[2].split()
    parents[pid] = int(fields[1])
    ticks[pid] = sum(int(each) for each in fields[11:15])


def _part_of(pid: int, parents: Mapping[int, int], parts: Mapping[int, str]) -> str | None:
    """The nearest root at or above a process."""
    while pid not in parts and pid in parents:
        pid = parents[pid]
    return parts.get(pid)


def read_threads(names: Collection[str]) -> dict[str, float]:
    """What threads of this process have used, by their names."""
    used = {}
    for thread in threading.enumerate():
        if thread.name in names and thread.native_id is not None:
            text = (PROCESSES / "self" / "task" / str(thread.native_id) / "stat").read_text()
            fields = text.rpartition(")")[2].split()
            used[thread.name] = (int(fields[11]) + int(fields[12])) / _ticks()
    return used


@cache
def _ticks() -> int:
    return os.sysconf("SC_CLK_TCK")
