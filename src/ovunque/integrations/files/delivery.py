"""Files of how goods travel: carriers' services, and lanes with their prices by weight."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ovunque.access.model import Actor
from ovunque.delivery import rules
from ovunque.delivery.model import CarrierServiceRequest, LaneRequest
from ovunque.delivery.saving import save_carrier_services, save_lanes
from ovunque.integrations.files import standing
from ovunque.integrations.files.cells import (
    CLOCK,
    DATE,
    LIST,
    NUMBER,
    RATES,
    TEXT,
    WHOLE,
    WHOLES,
)
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.table import Alone, Table, export_of
from ovunque.kernel.ids import NewId
from ovunque.kernel.rows import Saved
from ovunque.platform.database import Tx

LEGS = {  # What carries parcels, for their emissions, and when: a file may leave these out.
    each.name: each
    for each in (
        Column("line_haul", TEXT),
        Column("sorts", WHOLE),
        Column("last_mile", TEXT),
        Column("stop_m", NUMBER),
        Column("delivery_days", WHOLES),
        Column("surcharge_ppm", WHOLE),
        Column("valid_from", DATE),
        Column("valid_until", DATE),
    )
}
CARRIER_COLUMNS = Columns(
    fixed=(
        Column("carrier", TEXT),
        Column("service", TEXT),
        Column("name", TEXT),
        Column("promise", TEXT),
        Column("cutoff", CLOCK),
        Column("pickup_days", WHOLES),
        Column("parcel_weight_max_g", WHOLE),
        Column("countries", LIST),
    ),
    more=LEGS.get,
)
CARRIERS = Table(
    name="carriers",
    columns=CARRIER_COLUMNS,
    build=CarrierServiceRequest,
    around=lambda _: Alone(lambda each: {"service": each.key}, rules.check_carrier_service),
    save=save_carrier_services,
    export=export_of(
        Columns(fixed=(*CARRIER_COLUMNS.fixed, *LEGS.values())), standing.carrier_services
    ),
    template="""\
carrier,service,name,promise,cutoff,pickup_days,parcel_weight_max_g,countries
postale,standard,Postale Standard,home,17:00,1;2;3;4;5,30000,IT
postale,express,Postale Express,express,18:30,1;2;3;4;5;6,20000,IT
""",
)

BESIDE = {  # What a lane may have beside its prices.
    each.name: each
    for each in (Column("surcharge_cents", WHOLE), Column("transit_chances_ppm", WHOLES))
}
LANE_COLUMNS = Columns(
    fixed=(
        Column("carrier", TEXT),
        Column("service", TEXT),
        Column("from_zone", TEXT),
        Column("to_zone", TEXT),
        Column("transit_days", WHOLE),
        Column("rates", RATES),
    ),
    more=BESIDE.get,
)


def around_lanes(tx: Tx) -> Alone[LaneRequest]:
    services = {each.key for each in standing.carrier_services(tx)}
    zones = {each.code for each in standing.zones(tx)}
    return Alone(
        lambda each: {"to_zone": each.key},
        lambda each: (*rules.check_lane(each), *rules.check_references(each, services, zones)),
    )


def save_beside(
    tx: Tx, by: Actor, requests: Sequence[LaneRequest], now: datetime, new_id: NewId
) -> Saved:
    """What a file leaves empty beside a lane's prices stays as it stands.

    Days and surcharges may have come by files of their own.
    """
    stands = {each.key: each for each in standing.lanes(tx)}
    kept = [_keep(each, stands.get(each.key, each)) for each in requests]
    return save_lanes(tx, by, kept, now, new_id)


def _keep(told: LaneRequest, stands: LaneRequest) -> LaneRequest:
    return replace(
        told,
        surcharge_cents=told.surcharge_cents or stands.surcharge_cents,
        transit_chances_ppm=told.transit_chances_ppm or stands.transit_chances_ppm,
        tariffs=stands.tariffs,
    )


LANES = Table(
    name="lanes",
    columns=LANE_COLUMNS,
    build=LaneRequest,
    around=around_lanes,
    save=save_beside,
    export=export_of(Columns(fixed=(*LANE_COLUMNS.fixed, *BESIDE.values())), standing.lanes),
    template="""\
carrier,service,from_zone,to_zone,transit_days,rates
postale,standard,it-north,it-north,1,1000:540;5000:702;30000:1620
postale,standard,it-north,it-south,2,1000:620;5000:806;30000:1860
""",
)
