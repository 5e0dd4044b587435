"""Time and chance are arguments: what runs twice from the same seed does the same twice."""

import ast
import re
from collections.abc import Iterable, Iterator

from tests.house.source import ROOMS, SRC, Module, keeps, read, used_names

SOURCES = {"platform/clock.py", "kernel/ids.py"}  # Where time and chance come from.
EDGES = {"cli"}  # Commands measure and seed: they are where a person's own clock begins.

WALL_CLOCK = re.compile(
    r"datetime\.(datetime\.(now|utcnow|today)|date\.today)"
    r"|time\.(time|time_ns|localtime|gmtime|ctime|strftime)"
)
CHANCE = re.compile(
    r"random\.(?!Random$).+|uuid\.uuid[14]|secrets\..+|os\.urandom"
    r"|numpy\.random\.(?!Generator$|RandomState$|default_rng$).+"
)
SEEDED = {"random.Random", "numpy.random.default_rng", "numpy.random.RandomState"}


def clocks_and_dice(modules: Iterable[Module]) -> list[str]:
    """Uses of the wall clock or of chance outside their two sources and the command line."""
    found = []
    for module in modules:
        if module.path in SOURCES or module.room in EDGES:
            continue
        found += [f"{module.at(node)}: {name} is handed in" for node, name in _drawn(module)]
        found += [f"{module.at(node)}: {name} needs a seed" for node, name in _unseeded(module)]
    return found


def _drawn(module: Module) -> Iterator[tuple[ast.expr, str]]:
    for node, name in used_names(module):
        if WALL_CLOCK.fullmatch(name) or CHANCE.fullmatch(name):
            yield node, name


def _unseeded(module: Module) -> Iterator[tuple[ast.expr, str]]:
    """`Random()` draws its seed from the machine; as the name of a type it draws nothing."""
    names = {id(node): name for node, name in used_names(module)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and not node.args and not node.keywords:
            name = names.get(id(node.func), "")
            if name in SEEDED:
                yield node, name


def clocks_in_rooms(modules: Iterable[Module]) -> list[str]:
    """Rooms and the pure parts do not even measure: `time` is not imported there."""
    return [
        f"{module.at(node)}: {name} has no place in a room"
        for module in modules
        if (module.room in ROOMS or module.is_pure) and module.path not in SOURCES
        for node, name in used_names(module)
        if name.partition(".")[0] == "time"
    ]


def test_time_and_chance_are_handed_in() -> None:
    keeps(clocks_and_dice(read(SRC)))
    keeps(clocks_in_rooms(read(SRC)))


def test_every_clock_and_every_die_is_found() -> None:
    planted = Module(
        "stock/rules.py",
        "import random, time, uuid\n"
        "from datetime import datetime, date as day\n"
        "from uuid import uuid4 as draw\n"
        "datetime.now(None)\n"
        "day.today()\n"
        "time.time()\n"
        "random.choice([1])\n"
        "random.Random()\n"
        "field(default_factory=draw)\n",
    )
    assert [each.partition(" ")[0] for each in clocks_and_dice([planted])] == [
        f"stock/rules.py:{line}:" for line in (4, 5, 6, 7, 9, 8)
    ]
    assert len(clocks_in_rooms([planted])) == 1


def test_seeded_chance_and_types_pass() -> None:
    seeded = Module(
        "simulation/orders.py",
        "from datetime import datetime\n"
        "from random import Random\n"
        "def draw(rng: Random, now: datetime) -> None: ...\n"
        "draw(Random(7), then)\n",
    )
    assert clocks_and_dice([seeded]) == []


def test_the_sources_of_time_and_the_command_line_pass() -> None:
    text = "import time\ntime.time()\n"
    passing = [Module("platform/clock.py", text), Module("cli/bench.py", text)]
    assert clocks_and_dice(passing) == []
