"""`ovunque bench`: the benchmarks of the checkout this command runs from."""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

CHECKOUT = Path(__file__).parents[3]  # Of a checkout; of an installed package it is nothing.


def bench(
    name: Annotated[
        str | None,
        typer.Argument(help="One of them by name, such as orders or availability; default: all."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    seconds: Annotated[
        float, typer.Option(min=0.1, max=600, help="Of each measurement; the warm-up is shorter.")
    ] = 6.0,
    rounds: Annotated[
        int, typer.Option(min=1, max=100, help="Of all; the least disturbed of each counts.")
    ] = 1,
    clients: Annotated[
        list[int] | None, typer.Option(min=1, max=600, help="Only with so many; may be repeated.")
    ] = None,
    sizes: Annotated[
        int | None, typer.Option(min=1, max=9, help="Only so many sizes, the smallest first.")
    ] = None,
    profile: Annotated[
        bool, typer.Option("--profile", help="Say where the time of an order goes instead.")
    ] = False,
) -> None:
    """Measure on a database of its own, and print each figure with its ratio to a limit."""
    entry = find_entry()
    if name is not None and name not in entry.BENCHMARKS:
        known = ", ".join(entry.BENCHMARKS)
        raise typer.BadParameter(f"{name} is none of {known}")
    if profile and name not in (None, "orders"):
        raise typer.BadParameter("only orders can be taken apart by --profile")
    options = entry.Options(
        seconds=seconds,
        warmup_seconds=seconds / 4,
        rounds=rounds,
        clients=tuple(clients or ()),
        sizes=sizes,
        profile=profile,
        tell=lambda text: print(text, file=sys.stderr, flush=True),
    )
    chosen = "orders" if profile else name
    if not entry.run(chosen, options, as_json=as_json):
        raise typer.Exit(1)


def find_entry() -> ModuleType:
    """The benchmarks stand beside the source, not in the package."""
    if not (CHECKOUT / "bench" / "entry.py").is_file():
        print("ovunque: Benchmarks run from a checkout of the source only.", file=sys.stderr)
        raise typer.Exit(1)
    if str(CHECKOUT) not in sys.path:
        sys.path.insert(0, str(CHECKOUT))
    return import_module("bench.entry")
