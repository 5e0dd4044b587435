"""`/metrics`: the figures of all processes of this server, and what waits in the database."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from ovunque.insight.watching import Figure, watch
from ovunque.platform.database import Database

WATCHED_FOR = timedelta(seconds=5)  # Anybody may ask, the database is asked no more often.


@dataclass(slots=True)
class Watcher:
    """Looks at the database at most every so often, whoever asks."""

    _text: str = ""
    _at: datetime | None = None
    _lock: Lock = field(default_factory=Lock)

    def text(self, database: Database, now: datetime) -> str:
        with self._lock:
            if self._at is None or now - self._at >= WATCHED_FOR:
                self._text, self._at = measured(database, now), now
            return self._text


def measured(database: Database, now: datetime) -> str:
    """What waits, in Prometheus' text; of a database that does not answer, that it does not."""
    figures = database.try_read(lambda tx: watch(tx, now))
    if figures is None:
        return "ovunque_database_up 0\n"
    return "ovunque_database_up 1\n" + "\n".join(lines(figures)) + "\n"


def lines(figures: Sequence[Figure]) -> Iterator[str]:
    for each in figures:
        name = f"ovunque_{each.name}"
        label = f'{{of="{each.label}"}}' if each.label else ""
        yield f"{name}{label} {each.count}"
        yield f"{name}_overdue_seconds{label} {each.overdue_seconds:.3f}"


def process_text() -> str:
    return generate_latest(registry()).decode()


def registry() -> CollectorRegistry:
    """This process's figures, or those of all that share Prometheus' folder of figures."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return shared
