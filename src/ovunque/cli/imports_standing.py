"""`ovunque imports`: what is being imported and was, and having it wait or go on."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from ovunque.access.model import Actor
from ovunque.cli.session import open_session
from ovunque.integrations.files import pausing
from ovunque.integrations.files.kinds import KINDS
from ovunque.integrations.files.receiving import list_runs
from ovunque.integrations.files.runs import Run
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.platform.database import Tx

ROWS = 20

commands = typer.Typer(no_args_is_help=True, help="Imports: list them, have them wait or go on.")

Name = Annotated[str, typer.Argument(metavar="ID", help="As the list names it.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]


@commands.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the newest imports."""
    with open_session() as session:
        found = session.database.read(lambda tx: list_runs(tx, list(KINDS), None, ROWS))
    if as_json:
        print(json.dumps({"data": [told(each.run) for each in found]}))
        return
    for each in found:
        print(line_of(each.run))


@commands.command("pause")
def pause_one(name: Name, as_json: AsJson = False) -> None:
    """Have an import wait: what is applied stays, and no further portion is."""
    turn(name, pausing.pause, as_json=as_json)


@commands.command("resume")
def resume_one(name: Name, as_json: AsJson = False) -> None:
    """Have it go on; one that came by command goes on when its file is imported again."""
    turn(name, pausing.go_on, as_json=as_json)


def turn(name: str, act: Callable[[Tx, Actor, UUID, datetime], Run], *, as_json: bool) -> None:
    run_id = parse_public_id("imp", name)
    with open_session() as session:
        run = session.database.transact(lambda tx: act(tx, session.actor, run_id, session.now()))
    print(json.dumps(told(run)) if as_json else line_of(run))


def line_of(run: Run) -> str:
    state = "paused" if run.is_paused else run.state
    return f"{public_id('imp', run.id)} {run.key.kind:<18} {state:<9} {run.done}/{run.rows}"


def told(run: Run) -> dict[str, Any]:
    return {
        "id": public_id("imp", run.id),
        "kind": run.key.kind,
        "source": run.key.source,
        "state": run.state,
        "paused_by": run.paused_by if run.is_paused else None,
        "rows": run.rows,
        "done": run.done,
        "bad": run.bad,
    }
