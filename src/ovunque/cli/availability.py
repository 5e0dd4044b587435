"""`ovunque export stock --channel`: what a channel may sell, all of it or what has changed."""

import csv
import json
import sys
from typing import IO

import typer

from ovunque.integrations.files.exporting import Format
from ovunque.platform import journal
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.journal import Cursor, parse_cursor
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.noticing import changed_items
from ovunque.sourcing.selling import available, reach_of
from ovunque.sourcing.snapshot import Snapshot

ENTRIES_MAX = 10_000


def export_channel(
    database: Database, channel: str, since: str | None, told: Format, file: IO[str]
) -> int:
    """Write a channel's numbers; where to go on is said beside them. Returns how many rows."""
    after = parse_cursor(since) if since is not None else None
    snapshot = database.read(sourcing_snapshot.load)
    view = snapshot.network.channels.get(channel)
    if view is None:
        raise typer.BadParameter(f"There is no channel {channel}.", param_hint="--channel")
    begin = snapshot.version
    skus = list(snapshot.catalog.items) if after is None else changed(database, snapshot, after)
    reach = reach_of(view, snapshot.network, None)
    rows = ((sku, available(snapshot, reach, sku, now())) for sku in skus)
    if told == Format.NDJSON:
        for sku, units in rows:
            file.write(json.dumps({"sku": sku, "available": units}) + "\n")
    else:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("sku", "available"))
        writer.writerows(rows)
    print(f"Go on with --since {begin}", file=sys.stderr)
    return len(skus)


def changed(database: Database, snapshot: Snapshot, after: Cursor) -> list[str]:
    """The items that changed behind a cursor, each once."""
    skus: dict[str, None] = {}
    while entries := database.read(lambda tx: journal.read(tx, after, ENTRIES_MAX)):  # noqa: B023
        skus |= dict.fromkeys(changed_items(snapshot, entries))
        after = entries[-1].cursor
    return list(skus)
