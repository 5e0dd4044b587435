"""`ovunque promise`: how a cart could be had, as a person reads it."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer

from ovunque.api.promises import PromiseShown, show_emissions, show_options, show_problem
from ovunque.cli.session import open_session
from ovunque.cli.why import local
from ovunque.kernel.money import Amount, decimal_of
from ovunque.platform import clock
from ovunque.promise import sealing
from ovunque.promise.model import Address, CartLine, Option, PromiseRequest, Quote
from ovunque.promise.quoting import SERVICES, quote
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.planning import snapshot_shelf
from ovunque.sourcing.snapshot import Snapshot

QUANTITY_MAX = 10_000


def promise_cart(
    channel: Annotated[str, typer.Option(help="Where it is sold, such as web-it.")],
    sku: Annotated[list[str], typer.Option(help="An item, or item:quantity; may be repeated.")],
    *,
    to: Annotated[str, typer.Option(help='Country and post code, such as "IT 20121".')] = "",
    service: Annotated[
        list[str] | None, typer.Option(help="home, express or collect; default: all.")
    ] = None,
    location: Annotated[
        list[str] | None, typer.Option(help="Where it could be collected; may be repeated.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="All that no other beats.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Say how a cart could be had: when it arrives, what it costs and emits."""
    request = PromiseRequest(
        channel=channel,
        lines=tuple(line_of(each) for each in sku),
        address=address_of(to),
        services=services_of(service or []),
        locations=tuple(location or ()),
        allow_partial=True,
        full=full,
    )
    with open_session() as session:
        places = session.database.read(sourcing_snapshot.load)
        secret = sha256(clock.new_secret().encode()).digest()
        promises = session.database.transact(lambda tx: sealing.load(tx, secret, session.now()))
        now = session.now()
        found = quote(places, snapshot_shelf(places, now), promises.prices, request, now)
    if as_json:
        shown = PromiseShown(
            version=str(places.version),
            stale=False,
            emissions=show_emissions(places),
            expires_at=found.expires_at,
            options=show_options(found, channel, places, promises, costs=True),
            problems=[show_problem(each) for each in found.problems],
        )
        print(msgspec.json.encode(shown).decode())
    else:
        print("\n".join(describe(found, channel, places)))


def line_of(text: str) -> CartLine:
    """`COAT` or `COAT:2`."""
    sku, colon, quantity = text.rpartition(":")
    if not colon:
        return CartLine(sku=text, quantity=1)
    if not (quantity.isascii() and quantity.isdigit() and 1 <= int(quantity[:9]) <= QUANTITY_MAX):
        raise typer.BadParameter(f"{text} is not an item with a quantity, such as COAT:2")
    return CartLine(sku=sku, quantity=int(quantity))


def services_of(names: list[str]) -> tuple[str, ...]:
    for name in names:
        if name not in SERVICES:
            raise typer.BadParameter(f"{name} is none of {', '.join(SERVICES)}")
    return tuple(dict.fromkeys(names))


def address_of(text: str) -> Address | None:
    """`IT 20121`, or a country alone."""
    country, _, postal_code = text.strip().partition(" ")
    if not country:
        return None
    if len(country) != 2 or not country.isalpha():
        raise typer.BadParameter(f'{text} is no country with a post code, such as "IT 20121"')
    return Address(country=country.upper(), postal_code=postal_code.strip())


def describe(found: Quote, channel: str, places: Snapshot) -> Iterator[str]:
    """Each option with its parcels, then what stands in the way of more."""
    currency = places.network.channels[channel].channel.currency
    for option in found.options:
        yield from describe_option(option, currency, places)
    for problem in found.problems:
        yield f"no: {problem.detail}"
    if not found.options and not found.problems:
        yield "There is no way that fits."


def describe_option(option: Option, currency: str, places: Snapshot) -> Iterator[str]:
    locations = {each.id: each for each in places.network.locations}
    last = locations[option.parcels[-1].location_id]
    where = f" at {locations[option.location_id].code}" if option.location_id else ""
    badges = f"  [{', '.join(option.badges)}]" if option.badges else ""
    yield (
        f"{option.service}{where}: {local(option.latest, last.time_zone)}, "
        f"{Amount(option.customer_price, currency)}, "
        f"costs us {decimal_of(option.cost_cents, currency)}, "
        f"{option.emissions_g} g CO2e, order by {local(option.order_by, last.time_zone)}{badges}"
    )
    services = {each.id: each.name for each in places.delivery.services}
    for parcel in option.parcels:
        units = ", ".join(f"{quantity} x {sku}" for sku, quantity in parcel.units)
        carrier = services.get(parcel.carrier_service_id) if parcel.carrier_service_id else None
        location = locations[parcel.location_id]
        ready = parcel.ready_at.astimezone(ZoneInfo(location.time_zone))
        yield (
            f"    {location.code} {location.name}: {units}; "
            f"{'leaves' if carrier else 'ready'} {ready:%a %d %b %H:%M}"
            f"{f' with {carrier}' if carrier else ''}, "
            f"{decimal_of(parcel.cost_cents, currency)}, {parcel.emissions_g} g"
        )
