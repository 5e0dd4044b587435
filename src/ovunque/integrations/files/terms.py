"""Files of parts of carriers' terms: tariffs, days in transit, volume caps, emission factors."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ovunque.delivery.drafting import find_standing
from ovunque.delivery.emitting import list_factors, save_factors
from ovunque.delivery.model import (
    CapRequest,
    DatedTariff,
    EmissionFactor,
    LaneRequest,
    TariffRequest,
    TransitRequest,
)
from ovunque.delivery.refining import save_caps, save_tariffs, save_transit
from ovunque.delivery.rules import emitting as factor_rules
from ovunque.delivery.rules import refining as rules
from ovunque.integrations.files import standing
from ovunque.integrations.files.cells import DATE, KILOS, NONE, RATES, TEXT, WHOLE
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.kind import Export
from ovunque.integrations.files.table import Alone, Table
from ovunque.platform.database import Tx

DAYS = {  # On which a tariff counts: a file may leave these out.
    each.name: each for each in (Column("valid_from", DATE), Column("valid_until", DATE))
}
LANE = tuple(Column(name, TEXT) for name in ("carrier", "service", "from_zone", "to_zone"))
TARIFF_COLUMNS = Columns(
    fixed=(*LANE, Column("rates", RATES), Column("surcharge_cents", WHOLE)), more=DAYS.get
)
TRANSIT_COLUMNS = Columns(fixed=(*LANE, Column("chances", RATES), Column("quantiles", RATES)))
CAP_COLUMNS = Columns(
    fixed=(
        Column("carrier", TEXT),
        Column("service", TEXT),
        Column("location", NONE),
        Column("parcels_per_day_max", WHOLE),
    )
)
FACTOR_COLUMNS = Columns(
    fixed=(
        Column("vehicle", TEXT),
        Column("basis", TEXT),
        Column("carrier", NONE),
        Column("service", NONE),
        Column("region", NONE),
        Column("year", WHOLE),
        Column("ttw_kg", KILOS, "ttw_f5"),
        Column("wtt_kg", KILOS, "wtt_f5"),
        Column("quality", TEXT),
        Column("source", TEXT),
        Column("license", TEXT),
    )
)


def around_tariffs(tx: Tx) -> Alone[TariffRequest]:
    lanes = {each.key for each in standing.lanes(tx)}
    return Alone(
        lambda each: {"to_zone": each.dated_key},
        lambda each: (*rules.check_tariff(each), *rules.known_lane(each.key, lanes)),
    )


def around_transit(tx: Tx) -> Alone[TransitRequest]:
    lanes = {each.key for each in standing.lanes(tx)}
    return Alone(
        lambda each: {"to_zone": each.key},
        lambda each: (*rules.check_transit(each), *rules.known_lane(each.key, lanes)),
    )


def around_caps(tx: Tx) -> Alone[CapRequest]:
    services = {each.key for each in standing.carrier_services(tx)}
    locations = {each.code for each in standing.locations(tx)}
    return Alone(
        lambda each: {"location": each.key},
        lambda each: (
            *rules.check_cap(each),
            *rules.known_service(each.service_key, services),
            *rules.known_place(each.location, locations),
        ),
    )


def export_tariffs(tx: Tx, _: datetime) -> Export:
    """The usual prices of every lane, and behind them those of some days."""
    columns = Columns(fixed=(*TARIFF_COLUMNS.fixed, *DAYS.values())).fixed
    return Export(columns=columns, rows=tariff_rows(tx))


def tariff_rows(tx: Tx) -> Iterator[Mapping[str, Any]]:
    for lane in standing.lanes(tx):
        told: list[LaneRequest | DatedTariff] = [lane, *lane.tariffs]
        for each in told:
            yield {
                **lane.key._asdict(),
                "rates": each.rates,
                "surcharge_cents": each.surcharge_cents,
                **{name: getattr(each, name, None) for name in DAYS},
            }


def export_transit(tx: Tx, _: datetime) -> Export:
    """Only lanes that tell chances in whole percent: what is finer stands with the lanes."""
    return Export(columns=TRANSIT_COLUMNS.fixed, rows=transit_rows(tx))


def transit_rows(tx: Tx) -> Iterator[Mapping[str, Any]]:
    for lane in standing.lanes(tx):
        chances = [divmod(each, rules.PERCENT_PPM) for each in lane.transit_chances_ppm]
        if chances and not any(rest for _, rest in chances):
            told = tuple((days, percent) for days, (percent, _) in enumerate(chances) if percent)
            yield {**lane.key._asdict(), "chances": told, "quantiles": ()}


def export_caps(tx: Tx, _: datetime) -> Export:
    return Export(columns=CAP_COLUMNS.fixed, rows=cap_rows(tx))


def cap_rows(tx: Tx) -> Iterator[Mapping[str, Any]]:
    for key, terms in find_standing(tx).terms.items():
        for cap in terms.caps:
            most = cap.parcels_per_day_max
            location = cap.location or None
            yield {**key._asdict(), "location": location, "parcels_per_day_max": most}


def build_factor(**told: Any) -> EmissionFactor:
    """A factor whose owner is nobody in particular where the cells are empty."""
    values: dict[str, Any] = {name: "" if each is None else each for name, each in told.items()}
    return EmissionFactor(**values)


def export_factors(tx: Tx, _: datetime) -> Export:
    return Export(columns=FACTOR_COLUMNS.fixed, rows=factor_rows(tx))


def factor_rows(tx: Tx) -> Iterator[Mapping[str, Any]]:
    for each in list_factors(tx):
        yield {
            column.name: getattr(each, column.field or column.name) or None
            if column.cell is NONE
            else getattr(each, column.field or column.name)
            for column in FACTOR_COLUMNS.fixed
        }


TARIFFS = Table(
    name="tariffs",
    columns=TARIFF_COLUMNS,
    build=TariffRequest,
    around=around_tariffs,
    save=save_tariffs,
    export=export_tariffs,
    template="""\
carrier,service,from_zone,to_zone,rates,surcharge_cents
postale,standard,it-north,it-north,1000:560;5000:729;30000:1680,0
postale,standard,it-north,it-south,1000:640;5000:832;30000:1920,150
""",
)
TRANSIT = Table(
    name="transit",
    columns=TRANSIT_COLUMNS,
    build=TransitRequest,
    around=around_transit,
    save=save_transit,
    export=export_transit,
    template="""\
carrier,service,from_zone,to_zone,chances,quantiles
postale,standard,it-north,it-north,1:85;2:12;3:3,
postale,standard,it-north,it-south,,50:2;90:3;100:5
""",
)
VOLUME_CAPS = Table(
    name="volume-caps",
    columns=CAP_COLUMNS,
    build=CapRequest,
    around=around_caps,
    save=save_caps,
    export=export_caps,
    template="""\
carrier,service,location,parcels_per_day_max
postale,standard,,900
postale,standard,MILANO-01,40
""",
)
EMISSION_FACTORS = Table(
    name="emission-factors",
    columns=FACTOR_COLUMNS,
    build=build_factor,
    around=lambda _: Alone(lambda each: {"year": each.key}, factor_rules.check_factor),
    save=save_factors,
    export=export_factors,
    column_at=lambda pointer: pointer[1:].replace("_f5", "_kg"),
    template="""\
vehicle,basis,carrier,service,region,year,ttw_kg,wtt_kg,quality,source,license
van_electric,vehicle_km,postale,,IT,2026,0,0.04800,primary,Postale ISO 14083 2026,by permission
hub,tonne_handled,postale,standard,,2026,1.1,0.2,modelled,Postale audit 2025,by permission
""",
)
