"""The command line: one module for each group of commands, thin as a route."""

import sys

import click
import typer

from ovunque.cli import checking, db, demo, migrating, orders, schema, serving
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals

REFUSED = 1

commands = typer.Typer(
    name="ovunque",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Omnichannel order management: every unit sellable everywhere, with a promise kept.",
)
commands.command("demo")(demo.demo)
commands.command("serve")(serving.serve)
commands.command("worker")(serving.work)
commands.command("migrate")(migrating.migrate_database)
commands.command("check")(checking.check)
commands.command("order")(orders.show_order)
commands.command("openapi")(schema.print_openapi)
commands.add_typer(db.commands, name="db")


def main() -> None:
    """Run a command: an expected no is one line on standard error, and exit 1."""
    try:
        commands(standalone_mode=False)
    except Refusal as refusal:
        tell(refusal)
        sys.exit(REFUSED)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(REFUSED)


def tell(refusal: Refusal) -> None:
    print(f"ovunque: {refusals.explain(refusal)}", file=sys.stderr)
