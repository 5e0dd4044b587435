"""Files of the network: legal entities, locations, channels."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from ovunque.integrations.files import standing
from ovunque.integrations.files.cells import LIST, MOMENT, NONE, PLACE, TEXT, WHOLE, optional
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.kind import Export
from ovunque.integrations.files.table import Alone, Table, export_of
from ovunque.network import rules
from ovunque.network.model import ChannelRequest, LegalEntityRequest, LocationRequest
from ovunque.network.saving import (
    save_channels,
    save_legal_entities,
    save_locations,
    time_zones,
)
from ovunque.platform.database import Tx

MAYBE_MOMENT = optional(MOMENT)
EVERYTHING = ("all",)  # What a listing of no categories in particular is called in files.


def by_code(row: LegalEntityRequest | LocationRequest | ChannelRequest) -> dict[str, str]:
    return {"code": row.code}


ENTITY_COLUMNS = Columns(
    fixed=(
        Column("code", TEXT),
        Column("name", TEXT),
        Column("country", TEXT),
        Column("vat_id", NONE),
    )
)
LEGAL_ENTITIES = Table(
    name="legal-entities",
    columns=ENTITY_COLUMNS,
    build=LegalEntityRequest,
    around=lambda _: Alone(by_code, rules.check_legal_entity),
    save=save_legal_entities,
    export=export_of(ENTITY_COLUMNS, standing.legal_entities),
    template="""\
code,name,country,vat_id
acme-it,Acme S.p.A.,IT,IT12345678901
acme-fr,Acme France SAS,FR,
""",
)


def around_locations(tx: Tx) -> Alone[LocationRequest]:
    entities, zones = {each.code for each in standing.legal_entities(tx)}, time_zones()
    return Alone(
        by_code,
        lambda each: (
            *rules.check_location(each),
            *rules.check_references(each, entities, zones),
        ),
    )


MORE_OF_LOCATIONS = {
    each.name: each
    for each in (
        Column("unit_cents", WHOLE),
        Column("capacity_per_hour", WHOLE),
        Column("express_radius_km", WHOLE),
        Column("express_minutes", WHOLE),
        Column("carts", TEXT),
        Column("paused_until", MAYBE_MOMENT),
        Column("pause_reason", NONE),
    )
}
LOCATION_COLUMNS = Columns(
    fixed=(
        Column("code", TEXT),
        Column("name", TEXT),
        Column("kind", TEXT),
        Column("legal_entity", TEXT),
        Column("street", TEXT),
        Column("postal_code", TEXT),
        Column("city", TEXT),
        Column("region", NONE),
        Column("country", TEXT),
        Column("latitude", PLACE, "latitude_e6"),
        Column("longitude", PLACE, "longitude_e6"),
        Column("time_zone", TEXT),
        Column("state", TEXT),
        Column("capabilities", LIST),
        Column("capacity_per_day", WHOLE),
        Column("handling_minutes", WHOLE),
        Column("handling_cents", WHOLE),
        Column("pick_cents", WHOLE),
        Column("groups", LIST),
    ),
    more=MORE_OF_LOCATIONS.get,
)
LOCATIONS = Table(
    name="locations",
    columns=LOCATION_COLUMNS,
    build=LocationRequest,
    around=around_locations,
    save=save_locations,
    export=export_of(
        Columns(fixed=(*LOCATION_COLUMNS.fixed, *MORE_OF_LOCATIONS.values())), standing.locations
    ),
    template=(
        ",".join(LOCATION_COLUMNS.names)
        + """
BOLOGNA-DC,Magazzino Bologna,warehouse,acme-it,Via Larga 8,40138,Bologna,BO,IT,44.494887,11.342616,\
Europe/Rome,open,ship_from;accept_returns,2000,120,80,45,all;warehouses
MILANO-01,Milano Duomo,store,acme-it,Via Torino 3,20123,Milano,MI,IT,45.463619,9.188120,\
Europe/Rome,open,ship_from;collect;accept_returns,30,180,160,130,all;stores
"""
    ),
)


def around_channels(tx: Tx) -> Alone[ChannelRequest]:
    entities = {each.code for each in standing.legal_entities(tx)}
    groups = {each.code for each in standing.groups(tx)}
    return Alone(
        by_code,
        lambda each: (*rules.check_channel(each), *rules.check_pools(each, entities, groups)),
    )


def build_channel(**values: Any) -> ChannelRequest:
    channel = ChannelRequest(**values)
    return replace(channel, listing=()) if channel.listing == EVERYTHING else channel


def export_channels(tx: Tx, now: datetime) -> Export:
    columns = Columns(fixed=(*CHANNEL_COLUMNS.fixed, *MORE_OF_CHANNELS.values()))
    plain = export_of(columns, standing.channels)(tx, now)
    rows = ({**row, "listing": row["listing"] or EVERYTHING} for row in plain.rows)
    return replace(plain, rows=rows)


MORE_OF_CHANNELS = {
    each.name: each for each in (Column("objective", TEXT), Column("confidence_percent_min", WHOLE))
}
CHANNEL_COLUMNS = Columns(
    fixed=(
        Column("code", TEXT),
        Column("name", TEXT),
        Column("kind", TEXT),
        Column("legal_entity", TEXT),
        Column("countries", LIST),
        Column("currency", TEXT),
        Column("languages", LIST),
        Column("pool", TEXT),
        Column("home_pool", TEXT),
        Column("listing", LIST),
    ),
    more=MORE_OF_CHANNELS.get,
)
CHANNELS = Table(
    name="channels",
    columns=CHANNEL_COLUMNS,
    build=build_channel,
    around=around_channels,
    save=save_channels,
    export=export_channels,
    template="""\
code,name,kind,legal_entity,countries,currency,languages,pool,home_pool,listing
web-it,acme.example/it,web,acme-it,IT,EUR,it;en,all,warehouses,all
till-it,Casse Italia,till,acme-it,IT,EUR,it,stores,stores,coats;scarves
""",
)
