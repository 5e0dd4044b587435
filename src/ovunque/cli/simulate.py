"""`ovunque simulate`: what strategies would have made of orders, before anybody publishes them."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ovunque.cli.session import Session, open_session
from ovunque.cli.strategies import read
from ovunque.kernel.money import decimal_of
from ovunque.kernel.refusal import Refusal
from ovunque.simulation.gathering import TODAY, Past, read_orders
from ovunque.simulation.model import Source
from ovunque.simulation.preparing import arrange, past_of
from ovunque.simulation.replaying import Figures, Replay, replay
from ovunque.simulation.sharing import apart
from ovunque.simulation.telling import document_of
from ovunque.sourcing import publishing
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.model.ruling import Strategy
from ovunque.sourcing.rules.findings import faults_of

LIVE = "as it counts now"
CHANGED_SHOWN = 10


def simulate(
    strategies: Annotated[list[str], typer.Argument(help="YAML files, or codes of strategies.")],
    *,
    orders: Annotated[Path | None, typer.Option(help="Orders to replay, as NDJSON.")] = None,
    days: Annotated[
        int, typer.Option(min=1, max=3_650, help="Else the orders of the last days.")
    ] = 7,
    generated: Annotated[
        int,
        typer.Option(
            "--generate", min=0, max=10**6, help="Else so many orders that could have come."
        ),
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, max=10**9, help="Of these.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Replay orders against what counts now and against each strategy; nothing is written."""
    began = time.monotonic()
    with open_session() as session:
        snapshot = session.database.read(sourcing_snapshot.load)
        drafts = [strategy_of(session, each) for each in strategies]
        now = session.now()
        if orders is not None:
            past = Past(orders=tuple(read_orders(snapshot, lines_of(orders))), gaps=TODAY)
        else:
            source = Source(generate=generated, seed=seed, days=0 if generated else days)
            past = past_of(session.database, snapshot, source, now)
        ready = arrange(snapshot, past, drafts, now)
    # Nothing of the database is open any more: each arm gets a process of its own.
    currency = snapshot.network.currency
    running = replay(snapshot, ready.orders, ready.arms, ready.shelf, apart)
    state = watch(running, began, currency)
    if as_json:
        print(msgspec.json.encode(document_of(state) | {"gaps": ready.gaps}).decode())
    else:
        print("\n".join(describe(state, currency)))


def strategy_of(session: Session, subject: str) -> Strategy:
    """A file, or the draft of a strategy, or what was published of it last."""
    if Path(subject).is_file():
        strategy = read(subject)
        publishing.refuse(faults_of(strategy))
        return strategy
    return session.database.read(lambda tx: publishing.find_strategy(tx, subject)).latest


def lines_of(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as lines:
            yield from lines
    except OSError as error:
        raise Refusal("invalid", detail=f"{file}: {error.strerror}.") from None


def watch(states: Iterator[Replay], began: float, currency: str) -> Replay:
    """The last state; on the way, how far it is."""
    for nth, state in enumerate(states):
        if nth == 0 or sys.stderr.isatty():
            seconds = time.monotonic() - began
            first = state.figures[-1]
            print(
                f"{state.done} of {state.total} orders after {seconds:.1f} s, "
                f"{first.name or LIVE} so far {cost(first, currency)} an order",
                file=sys.stderr,
            )
    return state


def cost(each: Figures, currency: str) -> str:
    """What one of its orders costs."""
    return str(decimal_of(round(each.cents / max(each.orders, 1)), currency))


ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("g CO2e an order", lambda each: f"{each.grams / max(each.orders, 1):.0f}"),
    ("promises kept", lambda each: percent(each.kept, each.promised)),
    ("lead time p50, p90", lambda each: f"{each.lead(50) / 60:.0f} h, {each.lead(90) / 60:.0f} h"),
    ("parcels an order", lambda each: f"{each.parcels / max(each.orders, 1):.3f}"),
    ("split", lambda each: percent(each.split, each.orders)),
    ("not served whole", lambda each: str(each.unfillable)),
    ("locations at work", lambda each: str(len(each.load))),
    ("orders that change", lambda each: str(each.changed)),
)


def percent(part: int, of: int) -> str:
    return f"{100 * part / of:.1f} %" if of else "-"


def describe(state: Replay, currency: str) -> Iterator[str]:
    """The arms beside each other, then the orders that change most."""
    width = max(20, *(len(each.name or LIVE) + 2 for each in state.figures))
    yield f"{state.total} orders"
    yield f"{'':<20}" + "".join(f"{each.name or LIVE:>{width}}" for each in state.figures)
    costs = "".join(f"{cost(each, currency):>{width}}" for each in state.figures)
    yield f"{'cost an order':<20}{costs}"
    for name, tell in ROWS:
        yield f"{name:<20}" + "".join(f"{tell(each):>{width}}" for each in state.figures)
    worst = sorted(state.changed, key=lambda each: -abs(each.cents))[:CHANGED_SHOWN]
    for each in worst:
        yield (
            f"  {each.reference} by {each.arm}: {named(each.before)} -> {named(each.after)}, "
            f"{decimal_of(each.cents, currency):+}, {each.grams:+d} g, {each.minutes / 60:+.0f} h"
        )


def named(codes: Sequence[str]) -> str:
    return " + ".join(codes) or "nobody"
