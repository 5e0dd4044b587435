"""`ovunque order`: an order as a person reads it."""

from typing import Annotated

import msgspec
import typer

from ovunque.api.orders_bodies import OrderHoldShown
from ovunque.api.orders_shown import show
from ovunque.cli.session import open_session
from ovunque.kernel.ids import parse_public_id
from ovunque.orders.listing import find_by_number, find_order
from ovunque.orders.model import Order
from ovunque.platform.database import Tx
from ovunque.sourcing import snapshot
from ovunque.sourcing.snapshot import Snapshot


def show_order(
    reference: Annotated[str, typer.Argument(help="Its number (OV-10001) or id (ord_…).")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Show an order: what was sold, and which place serves it."""
    with open_session() as session:
        order = session.database.read(lambda tx: find(tx, reference))
        places = session.database.read(snapshot.load)
    if as_json:
        print(msgspec.json.encode(show(order, places)).decode())
    else:
        print(describe(order, places))


def find(tx: Tx, reference: str) -> Order:
    if reference.startswith("ord_"):
        return find_order(tx, parse_public_id("ord", reference))
    return find_by_number(tx, reference)


def describe(order: Order, places: Snapshot) -> str:
    """A few lines: the order, its lines, its work."""
    shown = show(order, places)
    lines = [
        f"{shown.number}  {shown.status}  {shown.channel}  {shown.placed_at:%Y-%m-%d %H:%M} UTC"
    ]
    lines += [f"  kept back: {describe_hold(each)}" for each in shown.holds]
    for line in shown.lines:
        missing = line.unplaced + line.backordered + line.canceled
        note = f", {missing} not served" if missing else ""
        lines.append(f"  {line.quantity} x {line.sku}{note}")
    for work in shown.fulfillments:
        units = ", ".join(f"{each.quantity} x {each.sku}" for each in work.lines)
        arrives = f", arrives {work.arrives_at:%Y-%m-%d %H:%M} UTC" if work.arrives_at else ""
        lines.append(f"  {work.location}: {work.state}, {work.service}{arrives}: {units}")
    return "\n".join(lines)


def describe_hold(hold: OrderHoldShown) -> str:
    """Why, whose task that is, and what happens when."""
    told = f"{hold.reason}, {hold.owner}"
    if hold.expires_at is None:
        return told
    return f"{told}, until {hold.expires_at:%Y-%m-%d %H:%M} UTC, then {hold.on_expiry}"
