"""SQL of the names that people give."""

from psycopg.rows import args_row

from ovunque.network.model import Named
from ovunque.platform.database import Tx


def list_given(tx: Tx) -> dict[tuple[str, str], str]:
    """All names that somebody gave, those of groups among them, by kind and code."""
    rows = tx.execute(
        """
        select kind, code, name from given_name
        union all
        select 'group', code, name from location_group
        """
    )
    return {(kind, code): name for kind, code, name in rows}


def list_nameable(
    tx: Tx, kind: str | None, after: tuple[str, str], limit: int
) -> tuple[Named, ...]:
    """What may have a name, behind a kind and code, with the name it has."""
    with tx.cursor(row_factory=args_row(Named)) as cursor:
        found = cursor.execute(
            """
            select thing.kind, thing.code, given.name
              from nameable as thing
              left join given_name as given
                on given.kind = thing.kind and given.code = thing.code
             where (%(kind)s::text is null or thing.kind = %(kind)s)
               and (thing.kind collate "C", thing.code) > (%(after_kind)s, %(after_code)s)
             order by thing.kind collate "C", thing.code
             limit %(limit)s
            """,
            {"kind": kind, "after_kind": after[0], "after_code": after[1], "limit": limit},
        )
        return tuple(found.fetchall())


def find_nameable(tx: Tx, kind: str, code: str) -> Named | None:
    with tx.cursor(row_factory=args_row(Named)) as cursor:
        return cursor.execute(
            """
            select thing.kind, thing.code, given.name
              from nameable as thing
              left join given_name as given
                on given.kind = thing.kind and given.code = thing.code
             where thing.kind = %s and thing.code = %s
            """,
            [kind, code],
        ).fetchone()


def save_given(tx: Tx, kind: str, code: str, name: str) -> None:
    tx.execute(
        """
        insert into given_name (kind, code, name) values (%s, %s, %s)
        on conflict (kind, code) do update set name = excluded.name
        """,
        [kind, code, name],
    )


def remove_given(tx: Tx, kind: str, code: str) -> None:
    tx.execute("delete from given_name where kind = %s and code = %s", [kind, code])
