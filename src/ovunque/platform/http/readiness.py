"""Whether the database can serve requests: it takes a write, and has the schema of this version."""

from datetime import datetime

import psycopg

from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Database, Tx
from ovunque.platform.migrating import pending


def why_not_ready(database: Database, now: datetime) -> str:
    """What stands against it, in a few words; nothing when it is ready."""
    try:
        missing = database.transact(lambda tx: beat(tx, now))
    except (Refusal, psycopg.Error):
        return "cannot be written"
    return f"lacks {', '.join(missing)}" if missing else ""


def beat(tx: Tx, now: datetime) -> tuple[str, ...]:
    """Write the heartbeat; returns the migrations that the database does not have yet."""
    tx.execute("update heartbeat set at = %(now)s", {"now": now})
    return pending(tx)
