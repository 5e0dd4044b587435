"""Who may ask what of the API: every route with the one scope that it needs.

Whoever adds a route enters it here; a route that is not entered, or needs another scope than it
says, fails the build. `tests/api/test_rights.py` tries each of them with each kind of key.
"""

from collections.abc import Iterable, Iterator, Sequence

from fastapi import APIRouter
from fastapi.routing import APIRoute

from ovunque.access.model import Scope
from ovunque.api.openapi import HotRoute
from ovunque.api.routing import scope_needed

# A key with the scope in front may ask this; open: anybody may, without a key.
RIGHTS: dict[Scope, tuple[str, ...]] = {
    Scope.CONFIG: (
        "DELETE /v1/pickup-terms",
        "PUT /v1/pickup-terms",
        "PUT /v1/substitutes",
        "PUT /v1/names",
        "POST /v1/carriers",
        "PUT /v1/carriers/{carrier}/{service}",
        "DELETE /v1/carriers/{carrier}/{service}/draft",
        "PUT /v1/carriers/{carrier}/{service}/draft",
        "POST /v1/carriers/{carrier}/{service}/publications",
        "POST /v1/channels",
        "DELETE /v1/prices/draft",
        "PUT /v1/prices/draft",
        "POST /v1/prices/publications",
        "PUT /v1/channels/{code:path}",
        "POST /v1/closures",
        "POST /v1/emission-factors",
        "PUT /v1/closures/{location:path}/{day}",
        "DELETE /v1/closures/{location:path}/{day}",
        "POST /v1/items",
        "PUT /v1/items/{sku:path}",
        "GET /v1/keys",
        "POST /v1/keys",
        "POST /v1/keys/{key_id}/revocations",
        "POST /v1/keys/{key_id}/rotations",
        "POST /v1/lanes",
        "PUT /v1/lanes/{carrier}/{service}/{from_zone}/{to_zone}",
        "POST /v1/legal-entities",
        "PUT /v1/legal-entities/{code:path}",
        "POST /v1/location-groups",
        "PUT /v1/location-groups/{code:path}",
        "POST /v1/locations",
        "PUT /v1/locations/{code:path}",
        "POST /v1/opening-hours",
        "PUT /v1/opening-hours/{location:path}",
        "POST /v1/stock/protections",
        "DELETE /v1/stock/protections/{code:path}",
        "PUT /v1/stock/protections/{code:path}",
        "POST /v1/incidents",
        "POST /v1/incidents/{incident_id}/end",
        "POST /v1/simulations",
        "POST /v1/simulations/{simulation_id}/cancellations",
        "POST /v1/strategies",
        "DELETE /v1/strategies/{code:path}/draft",
        "POST /v1/strategies/{code:path}/publications",
        "POST /v1/strategies/{code:path}/rollbacks",
        "POST /v1/strategies/{code:path}/trial-endings",
        "PUT /v1/strategies/{code:path}",
        "GET /v1/users",
        "POST /v1/users",
        "GET /v1/users/{login}",
        "POST /v1/users/{login}/deactivation",
        "POST /v1/users/{login}/invitations",
        "POST /v1/users/{login}/sign-outs",
        "GET /v1/webhooks",
        "POST /v1/webhooks",
        "DELETE /v1/webhooks/{webhook_id}",
        "GET /v1/webhooks/{webhook_id}",
        "PUT /v1/webhooks/{webhook_id}",
        "GET /v1/webhooks/{webhook_id}/deliveries",
        "POST /v1/webhooks/{webhook_id}/replays",
        "POST /v1/webhooks/{webhook_id}/secrets",
        "POST /v1/webhooks/{webhook_id}/tests",
        "POST /v1/zones",
        "PUT /v1/zones/{code:path}",
    ),
    Scope.CUSTOMERS: (
        "GET /v1/customers",
        "POST /v1/customers",
        "POST /v1/customers/searches",
        "GET /v1/customers/{customer_id}",
        "PUT /v1/customers/{customer_id}",
        "GET /v1/customers/{customer_id}/archive",
        "POST /v1/customers/{customer_id}/erasures",
    ),
    Scope.FULFILLMENT: (
        "POST /v1/carrier-events",
        "GET /v1/carrier-pickups",
        "POST /v1/carrier-pickups",
        "POST /v1/carrier-pickups/{pickup_id}/cancellations",
        "GET /v1/store-reservations",
        "GET /v1/store-reservations/{reservation_id}",
        "POST /v1/store-reservations/{reservation_id}/set-asides",
        "POST /v1/store-reservations/{reservation_id}/declines",
        "POST /v1/store-reservations/{reservation_id}/visit",
        "GET /v1/fulfillments",
        "GET /v1/fulfillments/{fulfillment_id}",
        "POST /v1/fulfillments/{fulfillment_id}/acceptance",
        "POST /v1/fulfillments/{fulfillment_id}/extensions",
        "POST /v1/fulfillments/{fulfillment_id}/handover",
        "POST /v1/fulfillments/{fulfillment_id}/parcels",
        "POST /v1/fulfillments/{fulfillment_id}/picks",
        "POST /v1/fulfillments/{fulfillment_id}/rejection",
        "POST /v1/fulfillments/{fulfillment_id}/shortages",
        "GET /v1/manifests",
        "POST /v1/manifests",
        "GET /v1/manifests/{manifest_id}",
        "GET /v1/manifests/{manifest_id}/document",
        "POST /v1/manifests/{manifest_id}/signature",
        "POST /v1/parcel-receipts",
        "GET /v1/parcels/{parcel_id}",
        "GET /v1/parcels/{parcel_id}/label",
        "GET /v1/parcels/{parcel_id}/carriers",
        "POST /v1/parcels/{parcel_id}/carriers",
        "POST /v1/put-backs",
    ),
    Scope.ORDERS: (
        "POST /v1/store-reservations",
        "POST /v1/store-reservations/{reservation_id}/cancellations",
        "GET /v1/holds",
        "POST /v1/holds",
        "GET /v1/holds/{hold_id}",
        "POST /v1/holds/{hold_id}/extensions",
        "POST /v1/holds/{hold_id}/releases",
        "GET /v1/orders",
        "POST /v1/orders",
        "GET /v1/orders/{order_id}",
        "POST /v1/orders/{order_id}/assignments",
        "POST /v1/orders/{order_id}/cancellations",
        "GET /v1/orders/{order_id}/decisions",
        "GET /v1/orders/{order_id}/emissions",
        "POST /v1/orders/{order_id}/edits",
        "POST /v1/orders/{order_id}/edits/undo",
        "POST /v1/orders/{order_id}/holds",
        "POST /v1/orders/{order_id}/releases",
        "GET /v1/orders/{order_id}/journal",
        "POST /v1/orders/{order_id}/pickup-agreements",
        "POST /v1/orders/{order_id}/pickup-answers",
        "POST /v1/orders/{order_id}/till-payments",
        "POST /v1/orders/{order_id}/resourcings",
    ),
    Scope.PROMISE: (
        "GET /v1/promises",
        "POST /v1/promises",
    ),
    Scope.READ: (
        "GET /v1/pickup-terms",
        "GET /v1/substitutes",
        "GET /v1/names",
        "GET /v1/pieces",
        "GET /v1/pieces/{sku:path}",
        "GET /v1/availability",
        "GET /v1/prices",
        "GET /v1/prices/draft",
        "GET /v1/prices/publications",
        "GET /v1/availability/changes",
        "GET /v1/availability/exports",
        "GET /v1/carriers",
        "GET /v1/carriers/{carrier}/{service}",
        "GET /v1/carriers/{carrier}/{service}/draft",
        "GET /v1/carriers/{carrier}/{service}/draft/effects",
        "GET /v1/carriers/{carrier}/{service}/publications",
        "GET /v1/carriers/{carrier}/{service}/terms",
        "GET /v1/channels",
        "GET /v1/channels/{code:path}",
        "GET /v1/closures",
        "GET /v1/closures/{location:path}/{day}",
        "GET /v1/count-tasks",
        "GET /v1/shelf-counts",
        "GET /v1/shelf-counts/{count_id}",
        "GET /v1/emission-factors",
        "GET /v1/feeds",
        "GET /v1/feeds/{feed_id}",
        "GET /v1/feeds/{feed_id}/differences",
        "GET /v1/feeds/{feed_id}/movements",
        "GET /v1/feeds/{feed_id}/undo",
        "GET /v1/incidents",
        "GET /v1/simulations",
        "GET /v1/simulations/{simulation_id}/events",
        "GET /v1/simulations/{simulation_id}/orders",
        "GET /v1/items",
        "GET /v1/items/{sku:path}",
        "GET /v1/lanes",
        "GET /v1/lanes/{carrier}/{service}/{from_zone}/{to_zone}",
        "GET /v1/legal-entities",
        "GET /v1/legal-entities/{code:path}",
        "GET /v1/location-groups",
        "GET /v1/location-groups/{code:path}",
        "GET /v1/locations",
        "GET /v1/locations/{code:path}",
        "GET /v1/opening-hours",
        "GET /v1/opening-hours/{location:path}",
        "GET /v1/promise-scores",
        "GET /v1/stock/changes",
        "GET /v1/stock/explanations",
        "GET /v1/stock/journal",
        "GET /v1/stock/incoming",
        "GET /v1/stock/levels",
        "POST /v1/stock/protection-previews",
        "GET /v1/stock/protections",
        "GET /v1/stock/protections/{code:path}",
        "GET /v1/stock/sources",
        "GET /v1/stock/sources/{code:path}",
        "GET /v1/stock/thresholds",
        "GET /v1/strategies",
        "GET /v1/strategies/{code:path}",
        "GET /v1/strategies/{code:path}/trials",
        "POST /v1/strategies/{code:path}/checks",
        "GET /v1/transfers",
        "GET /v1/transfers/{transfer_id}",
        "GET /v1/zones",
        "GET /v1/zones/{code:path}",
    ),
    Scope.STOCK: (
        "POST /v1/pieces",
        "POST /v1/pieces/{sku:path}/withdrawals",
        "POST /v1/count-tasks",
        "POST /v1/count-tasks/dismissals",
        "POST /v1/count-tasks/assignments",
        "POST /v1/feeds/{feed_id}/acceptance",
        "POST /v1/feeds/{feed_id}/rejection",
        "POST /v1/feeds/{feed_id}/undo",
        "GET /v1/imports",
        "POST /v1/imports",
        "POST /v1/imports/{import_id}/pause",
        "POST /v1/imports/{import_id}/resumption",
        "GET /v1/imports/{import_id}",
        "GET /v1/imports/{import_id}/errors",
        "POST /v1/stock/clearings",
        "POST /v1/stock/counts",
        "POST /v1/stock/incoming",
        "POST /v1/stock/movements",
        "POST /v1/stock/set-asides",
        "POST /v1/shelf-counts",
        "POST /v1/shelf-counts/{count_id}/scans",
        "POST /v1/shelf-counts/{count_id}/bookings",
        "POST /v1/shelf-counts/{count_id}/cancellations",
        "PUT /v1/stock/sources/{code:path}",
        "DELETE /v1/stock/thresholds",
        "PUT /v1/stock/thresholds",
        "POST /v1/transfers",
        "POST /v1/transfers/{transfer_id}/cancellations",
        "POST /v1/transfers/{transfer_id}/dispatch",
        "POST /v1/transfers/{transfer_id}/receipts",
    ),
}
# Of the API itself: by a link that nobody guesses, so often from one address.
LINKED = ("GET /v1/tracking/{token}",)
OPEN = (
    "/livez",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs/refusals",
    "/docs/style.css",
    "/oauth/token",
)


def routes_of(
    routers: Iterable[APIRouter], hot: Sequence[HotRoute]
) -> Iterator[tuple[str, Scope | None]]:
    """Every route with the scope that it asks for; none: it forgot to."""
    for each in hot:
        yield f"{each.method} {each.path}", each.scope
    for router in routers:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in sorted(route.methods or ()):
                yield f"{method} {route.path}", scope_asked(route)


def scope_asked(route: APIRoute) -> Scope | None:
    try:
        return scope_needed(route)
    except AssertionError:
        return None


def wrongs(routers: Iterable[APIRouter], hot: Sequence[HotRoute]) -> list[str]:
    """Routes that are not entered, ask for something else, or are gone."""
    found = dict(routes_of(routers, hot))
    entered = {name: scope for scope, names in RIGHTS.items() for name in names}
    return [
        f"{name}: asks for {found.get(name)}, entered as {entered.get(name)}"
        for name in sorted(found.keys() | entered.keys())
        if found.get(name) != entered.get(name)
        or name not in found
        or (found[name] is None) != (name in LINKED)
    ]
