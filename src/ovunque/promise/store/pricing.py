"""The SQL of what customers pay."""

from dataclasses import asdict

from ovunque.platform.database import Tx, document
from ovunque.promise.model import PriceDraft, PricePublication, PriceRow

COLUMNS = "number, rows, published_by, published_at"


def lock_prices(tx: Tx) -> None:
    """One writer at a time: two drafts of the same version do not both become the next."""
    tx.execute("select number from price_publication order by number limit 1 for update")


def find_published(tx: Tx) -> PricePublication:
    return list_published(tx, None, 1)[0]


def list_published(tx: Tx, before: int | None, limit: int) -> tuple[PricePublication, ...]:
    rows = tx.execute(
        f"""
        select {COLUMNS} from price_publication
         where %(before)s::int is null or number < %(before)s::int
         order by number desc limit %(limit)s
        """,
        {"before": before, "limit": limit},
    )
    return tuple(
        PricePublication(
            number=number,
            rows=tuple(PriceRow(**row) for row in told),
            published_by=published_by,
            published_at=published_at,
        )
        for number, told, published_by, published_at in rows
    )


def add_publication(tx: Tx, published: PricePublication) -> None:
    tx.execute(
        """
        insert into price_publication (number, rows, published_by, published_at)
        values (%(number)s, %(rows)s::jsonb, %(by)s, %(at)s)
        """,
        {
            "number": published.number,
            "rows": document([asdict(row) for row in published.rows]),
            "by": published.published_by,
            "at": published.published_at,
        },
    )


def find_draft(tx: Tx) -> PriceDraft | None:
    row = tx.execute("select rows, version, changed_by, changed_at from price_draft").fetchone()
    if row is None:
        return None
    rows, version, changed_by, changed_at = row
    return PriceDraft(
        rows=tuple(PriceRow(**each) for each in rows),
        version=version,
        changed_by=changed_by,
        changed_at=changed_at,
    )


def save_draft(tx: Tx, draft: PriceDraft) -> None:
    tx.execute(
        """
        insert into price_draft (rows, version, changed_by, changed_at)
        values (%(rows)s::jsonb, %(version)s, %(by)s, %(now)s)
            on conflict (one) do update
           set rows = excluded.rows, version = excluded.version,
               changed_by = excluded.changed_by, changed_at = excluded.changed_at
        """,
        {
            "rows": document([asdict(row) for row in draft.rows]),
            "version": draft.version,
            "by": draft.changed_by,
            "now": draft.changed_at,
        },
    )


def remove_draft(tx: Tx) -> bool:
    """Whether there was one."""
    return tx.execute("delete from price_draft").rowcount > 0
