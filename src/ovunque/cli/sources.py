"""`ovunque sources`: who tells us of stock, and how their books are read."""

import json
from dataclasses import asdict, replace
from typing import Annotated, Any

import typer

from ovunque.cli.session import open_session
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx
from ovunque.stock.describing import Listened, describe_source, find_source, list_sources
from ovunque.stock.model.feeding import Reports, Source, SourceKind, SourceRequest

PAGE_ROWS = 200
FIELDS = tuple(SourceRequest.__dataclass_fields__)

commands = typer.Typer(no_args_is_help=True, help="Sources of stock: list and describe them.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Whole = Annotated[int | None, typer.Option(min=0, max=10**9)]


@commands.command("list")
def list_all(as_json: Json = False) -> None:
    """List everybody who has ever told us of stock."""
    with open_session() as session:
        found = session.database.read(lambda tx: list_sources(tx, "", PAGE_ROWS))
    if as_json:
        print(json.dumps({"data": [told(each) for each in found]}))
        return
    for each in found:
        source = each.source
        heard = f"heard {source.heard_at:%Y-%m-%d %H:%M}Z" if source.heard_at else "never heard"
        print(f"{source.code:<24} {source.kind:<9} {source.reports:<10} {heard}")


@commands.command("set")
def set_one(
    code: Annotated[str, typer.Argument(help="Whose books; one not heard of yet is made known.")],
    *,
    kind: Annotated[SourceKind | None, typer.Option(help="It keeps books, or counts.")] = None,
    reports: Annotated[Reports | None, typer.Option(help="What its numbers are.")] = None,
    picked_inside: Annotated[bool | None, typer.Option("--picked-inside/--picked-outside")] = None,
    posting_delay_s: Whole = None,
    clock_skew_s: Whole = None,
    write_off_cents_max: Whole = None,
    as_json: Json = False,
) -> None:
    """Say how a source is read from now on; what is not said stays as it is."""
    asked: dict[str, Any] = {
        "kind": kind,
        "reports": reports,
        "picked_inside": picked_inside,
        "posting_delay_s": posting_delay_s,
        "clock_skew_s": clock_skew_s,
        "write_off_cents_max": write_off_cents_max,
    }
    with open_session() as session:

        def work(tx: Tx) -> Listened:
            before = request_of(tx, code)
            request = replace(before, **{k: v for k, v in asked.items() if v is not None})
            describe_source(tx, session.actor, request, None, session.now())
            return find_source(tx, code)

        found = session.database.transact(work)
    source = found.source
    print(json.dumps(told(found)) if as_json else f"{source.code}: version {source.version}.")


def request_of(tx: Tx, code: str) -> SourceRequest:
    """The source as it is read now; one that was never heard of by the defaults."""
    try:
        standing: SourceRequest = find_source(tx, code).source
    except Refusal:
        standing = Source(code=code)
    return SourceRequest(**{name: getattr(standing, name) for name in FIELDS})


def told(found: Listened) -> dict[str, Any]:
    document = asdict(found.source) | {"missing": found.missing}
    for name in ("heard_at", "counted_as_of"):
        document[name] = document[name].isoformat() if document[name] else None
    return document
