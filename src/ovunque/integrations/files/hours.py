"""Files of when locations work: a row for each week, and one for each day unlike the others."""

from ovunque.integrations.files import standing
from ovunque.integrations.files.cells import DAY_CELL, NONE, SPANS, TEXT
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.table import Alone, Table, export_of
from ovunque.kernel.rows import known
from ovunque.network import rules
from ovunque.network.model import WEEKDAYS, ClosureRequest, OpeningHoursRequest
from ovunque.network.scheduling import save_closures, save_hours
from ovunque.platform.database import Tx

HOURS_COLUMNS = Columns(
    fixed=(Column("location", TEXT), *(Column(weekday, SPANS) for weekday in WEEKDAYS))
)


def around_hours(tx: Tx) -> Alone[OpeningHoursRequest]:
    locations = {each.code for each in standing.locations(tx)}
    return Alone(
        lambda each: {"location": each.location},
        lambda each: (*rules.check_hours(each), *known("/location", each.location, locations)),
    )


HOURS = Table(
    name="hours",
    columns=HOURS_COLUMNS,
    build=OpeningHoursRequest,
    around=around_hours,
    save=save_hours,
    export=export_of(HOURS_COLUMNS, standing.hours),
    template="""\
location,monday,tuesday,wednesday,thursday,friday,saturday,sunday
BOLOGNA-DC,06:00-22:00,06:00-22:00,06:00-22:00,06:00-22:00,06:00-22:00,06:00-14:00,
MILANO-01,,10:00-19:30,10:00-19:30,10:00-19:30,10:00-19:30,10:00-20:00,10:00-13:00;15:00-19:00
""",
)

CLOSURE_COLUMNS = Columns(
    fixed=(
        Column("location", TEXT),
        Column("day", DAY_CELL),
        Column("hours", SPANS),
        Column("name", NONE),
    )
)


def around_closures(tx: Tx) -> Alone[ClosureRequest]:
    locations = {each.code for each in standing.locations(tx)}
    return Alone(
        lambda each: {"day": each.key},
        lambda each: (*rules.check_closure(each), *known("/location", each.location, locations)),
    )


CLOSURES = Table(
    name="closures",
    columns=CLOSURE_COLUMNS,
    build=ClosureRequest,
    around=around_closures,
    save=save_closures,
    export=export_of(CLOSURE_COLUMNS, standing.closures),
    template="""\
location,day,hours,name
MILANO-01,2026-12-07,,Sant'Ambrogio
MILANO-01,2026-12-08,10:00-20:00,Immacolata
""",
)
