"""`ovunque demo`: a retail network that is alive, from nothing, with one command."""

import json
import os
import shutil
from collections.abc import Iterable
from threading import Thread
from typing import Annotated
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
import typer

from ovunque.cli.card import Moved, Story, find_demo, has_demo, tell
from ovunque.cli.serving import listening, run_server
from ovunque.cli.session import running_database
from ovunque.cli.users import tell_demo_people
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import Settings, read_settings
from ovunque.platform.supervising import Program

READY_SECONDS_MAX = 120


def demo(
    *,
    small: Annotated[bool, typer.Option("--small", help="12 locations; the usual one.")] = False,
    medium: Annotated[
        bool, typer.Option("--medium", help="60 locations, 30,000 orders behind it.")
    ] = False,
    large: Annotated[
        bool, typer.Option("--large", help="600 locations, 50,000 items, over a million levels.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, max=10**9, help="Another seed, another house.")] = 1,
    reset: Annotated[bool, typer.Option("--reset", help="Begin again with nothing.")] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Customers go on ordering, stores and carriers work.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="API processes; default: one for each core.")
    ] = None,
) -> None:
    """Let a fashion house move in, with ninety days behind it, and serve it until Ctrl-C."""
    size = size_of({"small": small, "medium": medium, "large": large})
    settings = read_settings().model_copy(update={"shop": True})
    if live and settings.log_level == "info":  # A line for each request would drown the rest.
        settings = settings.model_copy(update={"log_level": "warning"})
    with listening(settings) as door, running_database(settings) as url:
        if reset:
            forget(url, settings)
        migrate(url)
        with Database(url) as database:
            moved = find_demo(database, settings.home / "demo", size)
            if moved is None:
                from ovunque.cli.moving_in import move_in  # noqa: PLC0415 - takes its time

                moved = move_in(settings, database, size, seed)
            example = first_sku(database)
        address = f"http://{settings.host}:{settings.port}"
        Thread(target=welcome, args=(address, moved, example), daemon=True).start()
        count = workers or settings.workers or os.cpu_count() or 1
        company = [acting(address)] if live else []
        raise typer.Exit(run_server(settings, url, door, count, company=company))


def size_of(asked: dict[str, bool]) -> str | None:
    """The size that is asked for; None: the usual one, or the one that is there."""
    named = [size for size, wanted in asked.items() if wanted]
    if len(named) > 1:
        raise typer.BadParameter(f"--{named[0]} and --{named[1]}: choose one.")
    return named[0] if named else None


def acting(address: str) -> Program:
    """The process in which the demo's people act."""
    return Program(name="people", arguments=("ovunque.cli.acting", address))


def forget(url: str, settings: Settings) -> None:
    """Drop what the demo made; another retailer's data is not ours to drop."""
    with psycopg.connect(url, autocommit=True) as owner:
        row = owner.execute("select to_regclass('api_client') is not null").fetchone()
        made = row and row[0] and has_demo(owner)
        anything = row and row[0]
        if anything and not made:
            raise Refusal("not_a_demo")
        owner.execute("drop schema public cascade")
        owner.execute("create schema public")
    shutil.rmtree(settings.home / "demo", ignore_errors=True)
    tell("The former demo is gone.")


def first_sku(database: Database) -> str:
    """An item that several places have: the commands worth trying need one."""
    row = database.read(
        lambda tx: tx.execute(
            "select sku from stock_level where on_hand - unavailable - reserved > 2 "
            "group by sku order by count(*) desc, sku limit 1"
        ).fetchone()
    )
    return row[0] if row else "SKU"


def welcome(address: str, moved: Moved, sku: str) -> None:
    """Say where it is and what to try, as soon as it answers."""
    if not wait_until(lambda: answers(f"{address}/readyz"), READY_SECONDS_MAX):
        return
    order = {
        "channel": "web-it",
        "customer": {"name": "Ada Rossi", "email": "ada@example.com"},
        "lines": [{"sku": sku, "quantity": 1, "unit_price": {"amount": 4990, "currency": "EUR"}}],
        "delivery": {
            "service": "home",
            "address": {
                "street": "Via Dante 1",
                "postal_code": "20121",
                "city": "Milano",
                "country": "IT",
            },
        },
    }
    told = f"""
Ovunque is ready at {address}   (documentation: {address}/docs)

{lines(tell_demo_people(moved.password))}

The shop that your customers would see: {address}/shop/web-it

Stories worth finding (docs/start/demo.md says more):
{lines(tell_stories(address, moved.stories))}

  export KEY={moved.key}

What can be sold, and where it lies:
  curl -H "Authorization: Bearer $KEY" \\
    '{address}/v1/availability?channel=web-it&sku={sku}&detail=locations'
Order it, and see which place ships it:
  curl -H "Authorization: Bearer $KEY" -H "Idempotency-Key: first" \\
    -H "Content-Type: application/json" -d '{json.dumps(order)}' {address}/v1/orders
The newest orders:
  curl -H "Authorization: Bearer $KEY" '{address}/v1/orders?limit=3'

Ctrl-C stops everything."""
    print(told, flush=True)


def lines(told: Iterable[str]) -> str:
    return "\n".join(told)


def tell_stories(address: str, stories: Iterable[Story]) -> Iterable[str]:
    return (f"  {each.title:<56} {address}{each.page}" for each in stories)


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
