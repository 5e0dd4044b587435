"""Puts what is sealed in clear, as versions of before have left it."""

from collections.abc import Iterable

import psycopg
from psycopg import sql

from ovunque.platform.drawers import IN_CLEAR, Drawer


def put_in_clear(url: str, drawers: Iterable[Drawer]) -> int:
    """Every value of some drawers; returns how many there were."""
    with psycopg.connect(url, autocommit=True) as owner:
        return sum(_empty(owner, each) for each in drawers)


def _empty(owner: psycopg.Connection, drawer: Drawer) -> int:
    table, column = sql.Identifier(drawer.table), sql.Identifier(drawer.column)
    keys = sql.SQL(", ").join(map(sql.Identifier, drawer.keys))
    listed = sql.SQL("select {}, {} from {} where {} is not null")
    rows = owner.execute(listed.format(column, keys, table, column)).fetchall()
    holes = sql.SQL(", ").join(sql.Placeholder() for _ in drawer.keys)
    put = sql.SQL("update {} set {} = %s where ({}) = ({})").format(table, column, keys, holes)
    for sealed, *key in rows:
        owner.execute(put, [IN_CLEAR + drawer.open(sealed, *key), *key])
    return len(rows)
