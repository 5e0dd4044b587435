"""Drawers: columns that the database keeps and cannot read, each value sealed for its own row.

What stood there in clear before carries the number of no key, `IN_CLEAR`, until it is sealed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString, TypeAlias
from uuid import UUID

from ovunque.platform.database import Tx
from ovunque.platform.vault import NTH_BYTES, house_vault

IN_CLEAR = bytes(NTH_BYTES)
SEALED_AT_ONCE = 1_000

Part: TypeAlias = UUID | int | str | bytes  # Of what names a row.


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawer:
    """A column of sealed values, or of nothing."""

    table: LiteralString
    column: LiteralString
    keys: tuple[LiteralString, ...] = ("id",)

    def seal(self, plain: bytes, *row: Part) -> bytes:
        return house_vault().seal(self._name(row), plain)

    def open(self, sealed: bytes, *row: Part) -> bytes:
        """What was sealed for this row: what stands in clear is not believed."""
        return house_vault().open(self._name(row), sealed)

    def read(self, sealed: bytes, *row: Part) -> bytes:
        """The same of mere words: those of before may wait in clear for whoever seals them."""
        if sealed.startswith(IN_CLEAR):
            return sealed[NTH_BYTES:]
        return self.open(sealed, *row)

    def _name(self, row: Sequence[Part]) -> str:
        parts = (each.hex() if isinstance(each, bytes) else str(each) for each in row)
        return ":".join((self.table, *parts))

    def seal_clear(self, tx: Tx) -> int:
        """Seal some of what stands in clear; returns how many that were."""
        return self._reseal(tx, "=", IN_CLEAR)

    def reseal(self, tx: Tx, nth: int) -> int:
        """Seal by the newest key, `nth`, some of what is not; returns how many that were."""
        return self._reseal(tx, "<>", nth.to_bytes(NTH_BYTES))

    def _reseal(self, tx: Tx, compared: LiteralString, nth: bytes) -> int:
        keys, holes = ", ".join(self.keys), ", ".join("%s" for _ in self.keys)
        rows = tx.execute(
            f"""
            select {self.column}, {keys} from {self.table}
             where substring({self.column} for {NTH_BYTES}) {compared} %(nth)s
             order by {keys} limit {SEALED_AT_ONCE} for no key update
            """,
            {"nth": nth},
        ).fetchall()
        tx.cursor().executemany(
            f"update {self.table} set {self.column} = %s where ({keys}) = ({holes})",
            [(self.seal(self.read(sealed, *row), *row), *row) for sealed, *row in rows],
        )
        return len(rows)
