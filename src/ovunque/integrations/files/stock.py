"""Files of counts: what a source counted, a row for each item at each location.

There may be millions of rows. They are kept as numbers until their turn comes, and applied in the
order of the levels' keys, in which neighbors lie on the same pages of the database.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.access.model import Actor
from ovunque.catalog import snapshot as catalog
from ovunque.fulfillment.listing import list_picked_units
from ovunque.integrations.files import standing
from ovunque.integrations.files.bad import Bad, Wrong, bad
from ovunque.integrations.files.cells import MOMENT, TEXT, WHOLE, parse_instant, parse_integer
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.counts import Counts
from ovunque.integrations.files.dialect import Rows
from ovunque.integrations.files.kind import PORTION_ROWS_MAX, Asked, Export, Intake, Portion, Tally
from ovunque.integrations.files.sheet import Sheet
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Fault
from ovunque.platform.database import Tx
from ovunque.stock.comparing import Comparison, find_same
from ovunque.stock.confirming import Ground, announce_feed, look_round
from ovunque.stock.counting import ColumnsRequest, take_columns
from ovunque.stock.describing import listen, read_as
from ovunque.stock.model import Count, CountColumns, Key
from ovunque.stock.model.comparing import CountNumbers, Numbering
from ovunque.stock.model.feeding import Source
from ovunque.stock.rules import check_count, corrected
from ovunque.stock.weighing import (
    ColumnsFeed,
    Foreseen,
    foresee,
    list_known,
    units_moved,
    weigh_columns,
)

COLUMNS = Columns(
    fixed=(
        Column("location", TEXT),
        Column("sku", TEXT),
        Column("on_hand", WHOLE),
        Column("as_of", MOMENT),
    )
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SOMEWHERE = Key("", UUID(int=0))
KNOWN_MAX = 100_000
WEIGHED_AT_ONCE = 10_000
COMPARED_AT_ONCE = 50_000
COUNTED_AT_ONCE = 4_000  # Of one transaction.
KEPT_AT_ONCE = 20_000  # With those that change nothing: most of a full feed.
KEPT_ROWS_MIN = 5_000  # Counts of smaller files are booked one by one: they cost little.
TOO_MUCH = "it changes more than its source may without somebody who looks"


class StockFiles:
    """The kind of file that holds counts."""

    name = "stock"
    columns = COLUMNS
    template = """\
location,sku,on_hand,as_of
BOLOGNA-DC,COAT-NAVY-M,40,2026-01-31T20:00:00+01:00
MILANO-01,COAT-NAVY-M,4,2026-01-31T18:30:00+01:00
"""

    def open(self, tx: Tx, _: Sequence[Column], asked: Asked, /) -> Intake:
        locations = {each.code: each.id for each in standing.locations(tx)}
        return StockIntake(locations, catalog.load(tx).items, asked)

    def export(self, tx: Tx, now: datetime) -> Export:
        """What lies where: of a level that moved since it was counted, as of now."""
        codes = {each.id: each.code for each in standing.locations(tx)}
        rows = (
            {
                "location": codes[level.key.location_id],
                "sku": level.key.sku,
                "on_hand": level.on_hand,
                "as_of": level.counted_at or now,
            }
            for level in standing.levels(tx)
        )
        return Export(columns=COLUMNS.fixed, rows=rows)


class StockIntake:
    """One run through a file of counts."""

    looks = 1
    writers = 2  # One speaks to the database while it works for the other.
    rows_max = 100_000_000  # More than anybody has; memory holds a part of them at a time.

    def __init__(self, locations: Mapping[str, UUID], skus: Iterable[str], asked: Asked) -> None:
        self._asked = asked
        self._location_ids = sorted(locations.values())
        self._location_texts = [*map(str, self._location_ids)]
        self._skus = sorted(skus)
        place = {id_: at for at, id_ in enumerate(self._location_ids)}
        self._location_at = {code: place[id_] for code, id_ in locations.items()}
        self._item_at = {sku: at for at, sku in enumerate(self._skus)}
        self._on_hand = Numbers(self._read_on_hand)
        self._as_of = Numbers(self._read_as_of)
        self._counts = Counts(len(self._skus) * len(self._location_ids))
        self._named = 0
        self._ground: Ground | None = None
        self._same = np.zeros(0, bool)  # Rows that find what we have.

    def check(self, _: int, rows: Rows, /) -> Iterator[Bad]:
        if not rows.lines:
            return
        locations, skus, on_hands, as_ofs = rows.columns
        found: list[list[Any]] = [
            list(map(self._location_at.get, locations)),
            list(map(self._item_at.get, skus)),
            list(map(self._on_hand.__getitem__, on_hands)),
            list(map(self._as_of.__getitem__, as_ofs)),
        ]
        lines = rows.lines
        if any(None in column for column in found):
            wrong = [at for at, row in enumerate(zip(*found, strict=True)) if None in row]
            for at in wrong:
                yield from self._explain(lines[at], [column[at] for column in rows.columns])
            found = [without(column, wrong) for column in found]
            lines = without(lines, wrong)
        at_location, at_item, units, moments = found
        keys = np.array(at_item, np.int64) * len(self._location_ids) + at_location
        self._counts.add(lines, keys, units, moments)

    def settle(self) -> Iterator[Bad]:
        for line, key, before in self._counts.sort():
            reason = f"Line {before} tells of the same item at the same location."
            yield bad(line, "sku", self._key(key).sku, "duplicate", reason)

    @property
    def more(self) -> int:
        return len(self._counts) - self._named

    def foresee(self, tx: Tx) -> Foreseen:
        self._named = len(self._counts)
        source = read_as(tx, self._asked.source)
        if self._asked.complete:
            self._add_what_is_not_there(tx, source)
        return foresee(tx, source, self._parts())

    def announce(self, tx: Tx, now: datetime) -> None:
        """Let everybody know which moments the rows are about, before they are weighed."""
        if len(self._counts) >= KEPT_ROWS_MIN:
            source = read_as(tx, self._asked.source)
            self._ground = announce_feed(tx, self._feed_id(), source, self._spans(), now)

    def weigh(self, tx: Tx, by: Actor, now: datetime, *, again: bool) -> str | None:
        """As a feed by any other way: too much of it at once waits for a person."""
        ground = look_round(tx, self._ground) if self._ground else None
        self._named = len(self._counts)
        source = listen(tx, self._asked.source, None, now)
        complete = self._add_what_is_not_there(tx, source) if self._asked.complete else {}
        if not len(self._counts):
            return None
        self._same = np.zeros(len(self._counts), bool)
        if ground is not None and ground.locations:
            self._same = find_same(tx, self._comparison(source, ground))
        if again:
            return None
        request = ColumnsFeed(
            id=self._asked.new_id(),
            source=source,
            digest=self._asked.digest,
            rows=len(self._counts),
            newest=moment_of(self._counts.newest()),
            complete=complete,
            parts=self._parts,
            others=self._others,
        )
        held = weigh_columns(tx, by, request, now)
        if held is None and self._asked.pace is not None:
            self._asked.pace(by, units_moved(tx, source, self._others()))
        return f"held as {public_id('fee', held.id)}: {TOO_MUCH}" if held else None

    def _comparison(self, source: Source, ground: Ground) -> Comparison:
        ahead = source.ahead // MICROSECOND

        def parts() -> Iterator[CountNumbers]:
            for start in range(0, len(self._counts), COMPARED_AT_ONCE):
                rows = self._counts.rows(slice(start, start + COMPARED_AT_ONCE))
                yield CountNumbers(rows["key"].copy(), rows["units"], rows["moment"] - ahead)

        return Comparison(
            source=source,
            ground=ground,
            oldest=corrected(source, moment_of(self._counts.oldest())),
            numbering=Numbering(
                skus=self._skus, item_at=self._item_at, location_ids=self._location_ids
            ),
            parts=parts,
        )

    def _feed_id(self) -> UUID:
        """The same for the same content in the books of the same source: it goes on as itself."""
        told = self._asked.digest + self._asked.source.encode()
        return UUID(bytes=hashlib.sha256(told).digest()[:16])

    def _spans(self) -> dict[UUID, tuple[datetime, datetime]]:
        return {
            self._location_ids[place]: (moment_of(oldest), moment_of(newest))
            for place, (oldest, newest) in self._counts.spans(len(self._location_ids)).items()
        }

    def _add_what_is_not_there(self, tx: Tx, source: Source) -> dict[UUID, datetime]:
        """Of each location that the file names, as of its oldest row."""
        complete: dict[UUID, datetime] = {}
        keys: list[int] = []
        moments: list[int] = []
        for place, (moment, _) in self._counts.spans(len(self._location_ids)).items():
            location_id = self._location_ids[place]
            complete[location_id] = moment_of(moment)
            for sku in list_known(tx, source, location_id, moment_of(moment)):
                if sku in self._item_at:
                    keys.append(self._item_at[sku] * len(self._location_ids) + place)
                    moments.append(moment)
        self._counts.add_missing(keys, moments)
        return complete

    def _others(self) -> Iterator[CountColumns]:
        """All that does not find what we have."""
        for start in range(0, len(self._same), COMPARED_AT_ONCE):
            (others,) = np.nonzero(~self._same[start : start + COMPARED_AT_ONCE])
            for at in range(0, len(others), WEIGHED_AT_ONCE):
                yield self._columns(others[at : at + WEIGHED_AT_ONCE] + start)

    def _parts(self) -> Iterator[CountColumns]:
        total = len(self._counts)
        for start in range(0, total, WEIGHED_AT_ONCE):
            yield self._columns(slice(start, start + WEIGHED_AT_ONCE))

    def portions(self, _: Sheet, __: Collection[int], /) -> Iterator[Portion]:
        """What is left out was never kept."""
        total, start = len(self._counts), 0
        while start < total:
            end = start + self._rows_together(start)
            yield Portion(end - start, range(start, end))
            start = end

    def _rows_together(self, start: int) -> int:
        """How many rows behind some are booked at once: many, if few of them change a level."""
        left = len(self._counts) - start
        if len(self._counts) < KEPT_ROWS_MIN:
            return min(left, PORTION_ROWS_MAX)
        others = np.cumsum(~self._same[start : start + KEPT_AT_ONCE])
        return min(left, int(np.searchsorted(others, COUNTED_AT_ONCE, "right")))

    def save(self, tx: Tx, by: Actor, portion: Portion, now: datetime) -> Tally:
        assert isinstance(portion.requests, range)
        source = read_as(tx, self._asked.source)
        some = portion.requests
        same = self._same[some.start : some.stop]
        request = ColumnsRequest(
            source=source,
            told=self._columns(np.flatnonzero(~same) + some.start),
            same=self._columns(np.flatnonzero(same) + some.start),
            picked=list_picked_units,
            ground=self._ground,
        )
        counted = take_columns(tx, by, request, now)
        return Tally(changed=counted.changed, unchanged=counted.unchanged)

    def _columns(self, some: slice | NDArray[np.int64]) -> CountColumns:
        items, places, units, moments = self._counts.take(some, len(self._location_ids))
        return CountColumns(
            skus=[self._skus[item] for item in items],
            location_ids=[self._location_texts[place] for place in places],
            on_hands=units,
            as_ofs=[*map(moment_of, moments)],
            places=len(self._location_ids),
        )

    def _key(self, number: int) -> Key:
        item, place = divmod(number, len(self._location_ids))
        return Key(self._skus[item], self._location_ids[place])

    def _read_on_hand(self, text: str) -> int:
        on_hand = parse_integer(text)
        refuse_first(check_count(Count(key=SOMEWHERE, on_hand=on_hand, as_of=EPOCH), EPOCH))
        return on_hand

    def _read_as_of(self, text: str) -> int:
        as_of = parse_instant(text)
        refuse_first(check_count(Count(key=SOMEWHERE, on_hand=0, as_of=as_of), self._asked.now))
        return (as_of - EPOCH) // MICROSECOND

    def _explain(self, line: int, cells: Sequence[str]) -> Iterator[Bad]:
        """The faults of a row that is known to have some."""
        reads: tuple[Callable[[str], object], ...] = (
            lambda text: look_up(text, self._location_at, "location"),
            lambda text: look_up(text, self._item_at, "item"),
            self._read_on_hand,
            self._read_as_of,
        )
        for name, cell, read in zip(COLUMNS.names, cells, reads, strict=True):
            try:
                read(cell)
            except Wrong as wrong:
                yield bad(line, name, cell, wrong.code, wrong.reason)


class Numbers(dict[str, int | None]):
    """The numbers behind texts, each read once; None for a text that is not taken."""

    def __init__(self, read: Callable[[str], int]) -> None:
        super().__init__()
        self.read = read

    def __missing__(self, text: str) -> int | None:
        try:
            number = self.read(text)
        except Wrong:
            return None
        if len(self) >= KNOWN_MAX:
            self.clear()
        self[text] = number
        return number


def refuse_first(faults: Sequence[Fault]) -> None:
    for fault in faults:
        raise Wrong(fault.code, f"{fault.detail}.")


def look_up(text: str, known: Collection[str], noun: str) -> None:
    if text not in known:
        raise Wrong("unknown_reference", f"There is no such {noun}.")


def without(values: Sequence[Any], places: Sequence[int]) -> list[Any]:
    left_out = set(places)
    return [value for at, value in enumerate(values) if at not in left_out]


@lru_cache(maxsize=1_000)
def moment_of(number: int) -> datetime:
    return EPOCH + number * MICROSECOND


STOCK = StockFiles()
