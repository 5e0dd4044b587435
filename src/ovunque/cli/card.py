"""What a demo is known by when it is there already: its card. Light, so that a start is quick."""

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Database

CLIENT = "demo"
CARD = "card.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Something that happened, in a sentence, and the page on which it can be seen."""

    name: str
    title: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A demo that is there: how to get in, and what to look at."""

    size: str
    seed: int
    key: str = field(repr=False)
    password: str = field(repr=False)
    stories: tuple[Story, ...]


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def find_demo(database: Database, folder: Path, size: str | None) -> Moved | None:
    """The demo that is here; refused when another size of it is asked for."""
    card = folder / CARD
    if not (database.read(has_demo) and card.exists()):
        return None
    moved = recognize(card)
    if size not in (None, moved.size):
        raise Refusal("other_demo", size=moved.size)
    tell(f"The demo retailer is here already ({moved.size}).")
    return moved


def recognize(card: Path) -> Moved:
    """The demo that this card is of."""
    told = json.loads(card.read_text(encoding="utf-8"))
    return Moved(**told | {"stories": tuple(Story(**each) for each in told["stories"])})


def keep(path: Path, text: str) -> None:
    """Write what only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def has_demo(connection: psycopg.Connection) -> bool:
    row = connection.execute("select from api_client where name = %s", [CLIENT]).fetchone()
    return row is not None
