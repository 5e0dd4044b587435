"""`ovunque demo`: a retail network that is alive, from nothing, with one command."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import Future, wait
from datetime import datetime
from itertools import islice
from pathlib import Path
from random import Random
from threading import Thread
from typing import Annotated
from urllib.error import URLError
from urllib.request import urlopen

import msgspec
import psycopg
import typer

from ovunque.access.keeping import KeyRequest, create_key, token_of
from ovunque.access.model import SYSTEM, Scope
from ovunque.api.orders_bodies import OrderAsked, request_of
from ovunque.app import furnish
from ovunque.cli.serving import listening, run_server
from ovunque.cli.session import person, running_database
from ovunque.integrations.files.importing import import_file
from ovunque.integrations.files.kinds import KINDS
from ovunque.integrations.files.runs import ImportRequest, State, Tools
from ovunque.kernel.refusal import Refusal
from ovunque.orders.placing import Answered
from ovunque.orders.receiving import Asked
from ovunque.platform import clock, idempotency
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.platform.idempotency import Key
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import Settings, read_settings
from ovunque.simulation.files import write_files
from ovunque.simulation.orders import order_bodies
from ovunque.simulation.retailer import Retailer, build_retailer
from ovunque.simulation.sizes import SMALL

CLIENT = "demo"
ORDERS = 60
READY_SECONDS_MAX = 60


def demo(
    seed: Annotated[int, typer.Option(min=0, max=10**9, help="Another seed, another house.")] = 1,
    reset: Annotated[bool, typer.Option("--reset", help="Begin again with nothing.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="API processes; default: one for each core.")
    ] = None,
) -> None:
    """Import a small fashion house, let people order, and serve it until Ctrl-C."""
    settings = read_settings()
    with listening(settings) as door, running_database(settings) as url:
        if reset:
            forget(url, settings)
        migrate(url)
        with Database(url) as database:
            key = fill(settings, database, seed)
            example = first_sku(database)
        address = f"http://{settings.host}:{settings.port}"
        Thread(target=welcome, args=(address, key, example), daemon=True).start()
        count = workers or settings.workers or os.cpu_count() or 1
        raise typer.Exit(run_server(settings, url, door, count))


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


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


def has_demo(connection: psycopg.Connection) -> bool:
    row = connection.execute("select from api_client where name = %s", [CLIENT]).fetchone()
    return row is not None


def fill(settings: Settings, database: Database, seed: int) -> str:
    """The demo's API key; the retailer is imported and orders are placed unless they are there.

    The key comes last: as long as it is missing, everything is done again, and what was done
    already changes nothing.
    """
    folder = settings.home / "demo"
    saved = folder / "key"
    if database.read(has_demo) and saved.exists():
        tell("The demo retailer is here already.")
        return saved.read_text(encoding="utf-8").strip()
    import_retailer(database, folder / f"small-{seed}", seed)
    place_orders(settings, database, seed, ORDERS)
    return make_key(database, saved)


def import_retailer(database: Database, folder: Path, seed: int) -> None:
    """Write the files once, and import them as a retailer would."""
    tools = Tools(clock=clock.now, new_id=clock.new_id_source())
    for path in files_of(folder, seed):
        kind = path.stem.replace("_", "-")
        errors = path.with_suffix(".errors.csv")
        request = ImportRequest(kind=KINDS[kind], path=path, errors=errors, source=CLIENT)
        done = import_file(database, person(), request, tools)
        assert done.run.state == State.DONE, f"{path.name}: {done.first}"
        tell(f"  {kind:<15} {done.run.rows:>6} rows, {done.run.created} new")


def files_of(folder: Path, seed: int) -> tuple[Path, ...]:
    """The retailer's files: those of the first day, so that a second import is the same."""
    written = folder / "files.json"
    if not written.exists():
        tell(f"Writing the demo retailer's files to {folder}")
        paths = write_files(folder, retailer(seed, clock.now()))
        written.write_text(json.dumps([path.name for path in paths]), encoding="utf-8")
    return tuple(folder / name for name in json.loads(written.read_text(encoding="utf-8")))


def retailer(seed: int, now: datetime) -> Retailer:
    return build_retailer(SMALL, now.date(), Random(seed))  # noqa: S311 - chance by seed


def place_orders(settings: Settings, database: Database, seed: int, count: int) -> None:
    """Let the shoppers order, through the same intake as any client; twice is as once."""
    house = retailer(seed, clock.now())
    with furnish(settings, database) as services:
        answers: list[Future[Answered]] = []
        for asked in islice(asks(house, seed), count):
            answers.append(Future())
            services.intake.submit(asked, answers[-1])
        wait(answers)
    placed = sum(answer.result().answer.status == 201 for answer in answers)
    tell(f"  {'orders':<15} {placed:>6} placed, {count - placed} refused for lack of stock")


def asks(house: Retailer, seed: int) -> Iterator[Asked]:
    for body in order_bodies(house, Random(seed)):  # noqa: S311 - chance by seed
        request = request_of(msgspec.convert(body, OrderAsked))
        digest = idempotency.digest("POST", "/v1/orders", body)
        key = Key(SYSTEM.client_id, f"demo-{body['external_id']}", digest)
        yield Asked(request=request, key=key, by=person())


def make_key(database: Database, saved: Path) -> str:
    """A key that may do everything, kept beside the demo for the next start."""
    new_id = clock.new_id_source()
    request = KeyRequest(
        key_id=new_id(),
        client_id=new_id(),
        client=CLIENT,
        secret=clock.new_secret(),
        scopes=frozenset({Scope.ALL}),
    )
    saved.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(saved, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(token_of(request.secret))
    database.transact(lambda tx: create_key(tx, person(), request, clock.now()))
    return token_of(request.secret)


def first_sku(database: Database) -> str:
    """An item that several places have: the commands worth trying need one."""
    row = database.read(
        lambda tx: tx.execute(
            "select sku from stock_level where on_hand - unavailable - reserved > 2 "
            "group by sku order by count(*) desc, sku limit 1"
        ).fetchone()
    )
    return row[0] if row else "SKU"


def welcome(address: str, key: str, sku: str) -> None:
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

  export KEY={key}

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


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
