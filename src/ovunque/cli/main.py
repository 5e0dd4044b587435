"""The command line: one module for each group of commands, thin as a route."""

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import NoReturn

import typer

from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals

REFUSED = 1

# Only the module of the command that was typed is imported: the others' packages take a second.
COMMANDS = {
    "demo": "demo:demo",
    "migrate": "migrating:migrate_database",
    "db": "db:commands",
    "serve": "serving:serve",
    "worker": "serving:work",
    "import": "imports:import_kind",
    "imports": "imports_standing:commands",
    "export": "imports:export_kind",
    "keys": "keys:commands",
    "customers": "customers:commands",
    "sources": "sources:commands",
    "users": "users:commands",
    "promise": "promise:promise_cart",
    "order": "orders:show_order",
    "why": "why:explain_order",
    "strategies": "strategies:commands",
    "incidents": "incidents:commands",
    "simulate": "simulate:simulate",
    "backup": "backing_up:backup",
    "restore": "backing_up:restore_backup",
    "check": "checking:check",
    "probe": "probing:probe",
    "bench": "bench:bench",
    "openapi": "schema:print_openapi",
}


def build(names: Iterable[str]) -> typer.Typer:
    """The command line with these commands."""
    commands = typer.Typer(
        name="ovunque",
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Omnichannel order management: every unit sellable everywhere, with a promise kept.",
    )

    @commands.callback(invoke_without_command=True)
    def _group(context: typer.Context) -> None:
        """Keep one command a command of the group."""
        if context.invoked_subcommand is None:
            print(context.get_help())

    for name in names:
        module, _, function = COMMANDS[name].partition(":")
        found = getattr(import_module(f"ovunque.cli.{module}"), function)
        if isinstance(found, typer.Typer):
            commands.add_typer(found, name=name)
        else:
            commands.command(name)(found)
    return commands


def main() -> None:
    """Run a command: an expected no is one line on standard error; exit 1, or 2 if mistyped."""
    wanted = [name for name in sys.argv[1:2] if name in COMMANDS]
    try:
        sys.exit(build(wanted or COMMANDS)(prog_name="ovunque", standalone_mode=False))
    except Refusal as refusal:
        end(refusals.explain(refusal), REFUSED)
    except typer.TyperException as mistyped:
        wrong = mistyped.format_message().rstrip(".") or "say which command"
        context = getattr(mistyped, "ctx", None)
        typed = context.command_path if context else " ".join(["ovunque", *wanted])
        end(f"{wrong}; see {typed} --help", mistyped.exit_code)
    except BrokenPipeError:
        sys.exit(REFUSED)
    except OSError as failed:  # A disk that is full, a folder that is somebody else's.
        end(f"{failed.filename or 'The system'}: {failed.strerror or failed}", REFUSED)


def end(why: str, code: int) -> NoReturn:
    print(f"ovunque: {visible(why)}", file=sys.stderr)
    sys.exit(code)


def visible(text: str) -> str:
    """On one line, and without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


if __name__ == "__main__":
    main()
