"""Bodies as a sound program sends them: each is taken as it is."""

from typing import Any

from tests.api.examples_carriers import CARRIER, DRAFT, FACTOR, LANE, TERMS, ZONE
from tests.api.examples_of_orders import ORDER_ACTS
from tests.api.examples_of_people import USER, USER_ACTS
from tests.api.examples_of_rules import INCIDENT, SIMULATION, STRATEGY, STRATEGY_ACTS
from tests.api.examples_of_stores import (
    CARRIER_EVENTS,
    COUNT_ACTS,
    LINE,
    MANIFEST,
    PICKUP,
    RESERVATION,
    WORK,
)

from ovunque.delivery.model import Service

Json = dict[str, Any]

ENTITY: Json = {"code": "acme-it", "name": "Acme Italia", "country": "IT", "vat_id": "IT123"}
GROUP: Json = {"code": "web-pool", "name": "Sold on the web"}
LOCATION: Json = {
    "code": "MI-01",
    "name": "Milano Corso",
    "kind": "store",
    "legal_entity": "acme-it",
    "street": "Corso Buenos Aires 1",
    "postal_code": "20124",
    "city": "Milano",
    "region": None,
    "country": "IT",
    "latitude": 45.4785,
    "longitude": 9.2105,
    "time_zone": "Europe/Rome",
    "state": "open",
    "capabilities": ["collect", "reserve", "ship_from"],
    "capacity_per_day": 40,
    "handling_minutes": 120,
    "handling_cents": 150,
    "pick_cents": 30,
    "groups": ["stores", "web-pool"],
}
HOURS: Json = {
    "location": "MI-01",
    "monday": [],
    "tuesday": ["10:00-13:00", "15:00-19:30"],
    "wednesday": ["10:00-19:30"],
    "thursday": ["10:00-19:30"],
    "friday": ["10:00-19:30"],
    "saturday": ["10:00-24:00"],
    "sunday": ["11:00-19:00"],
}
CLOSURE: Json = {
    "location": "MI-01",
    "day": "2026-12-08",
    "hours": ["10:00-18:00"],
    "name": "Immacolata",
}
CHANNEL: Json = {
    "code": "web-it",
    "name": "Web Italia",
    "kind": "web",
    "legal_entity": "acme-it",
    "countries": ["IT", "SM"],
    "currency": "EUR",
    "languages": ["it", "en"],
    "pool": "web-pool",
    "home_pool": "web-pool",
    "listing": ["coats"],
    "objective": "economic",
}
ITEM: Json = {
    "sku": "COAT/RED-M",
    "product": "COAT",
    "titles": {"en": "Coat", "it": "Cappotto"},
    "gtins": ["04006381333931"],
    "category": "coats",
    "season": None,
    "color": "red",
    "size": "M",
    "condition": "new",
    "weight_g": 900,
    "length_mm": None,
    "width_mm": None,
    "height_mm": None,
    "price_cents": 12900,
    "cost_cents": 4100,
    "components": [],
}
PRICES: Json = {
    "rows": [
        {"channel": None, "service": service, "zone": None, "goods_from": 0, "price": 490}
        for service in Service
    ]
}

CUSTOMER: Json = {
    "external_id": "C-1",
    "email": "ada@example.com",
    "name": "Ada Rossi",
    "phone": "+39 02 1234567",
    "language": "it",
}
KEY: Json = {"client": "web shop", "scopes": ["read"], "expires_at": "2099-01-01T00:00:00Z"}
PRICE: Json = {"amount": 12900, "currency": "EUR"}
ORDER: Json = {
    "external_id": "WEB-1",
    "channel": "web-it",
    "customer": CUSTOMER,
    "lines": [
        {
            "sku": "COAT/RED-M",
            "quantity": 1,
            "unit_price": PRICE,
            "discount": {"amount": 0, "currency": "EUR"},
            "tax_rate_ppm": 220000,
            "delivery": 0,
        }
    ],
    "deliveries": [
        {
            "service": "home",
            "address": {
                "street": "Via Roma 1",
                "postal_code": "20121",
                "city": "Milano",
                "country": "IT",
                "name": "Ada Rossi",
                "region": "MI",
                "latitude": 45.4642,
                "longitude": 9.19,
            },
            "recipient": {"name": "Grace Bianchi", "phone": "+39 06 7654321"},
        }
    ],
    "charges": [{"kind": "shipping", "amount": {"amount": 490, "currency": "EUR"}}],
    "on_shortage": "accept",
    "gift": {"message": "Auguri!"},
    "notes": "Second floor",
}
CART: Json = {
    "channel": "web-it",
    "lines": [{"sku": "COAT/RED-M", "quantity": 1, "service": "home"}],
    "destination": {
        "country": "IT",
        "postal_code": "20121",
        "city": "Milano",
        "latitude": 45.4642,
        "longitude": 9.19,
    },
    "services": ["home", "collect"],
    "locations": ["MI-01"],
    "allow_partial": True,
    "front": "full",
    "confidence": 0.9,
}
COUNTS: Json = {
    "source": "wms",
    "counts": [
        {"location": "MI-01", "sku": "COAT/RED-M", "on_hand": 7, "as_of": "2026-03-02T09:00:00Z"}
    ],
}
SOURCE: Json = {
    "code": "wms",
    "kind": "book",
    "reports": "on_hand",
    "picked_inside": True,
    "posting_delay_s": 300,
    "clock_offset_ms": None,
    "clock_skew_s": 5,
    "moved_percent_max": 30,
    "zeroed_percent_max": 20,
    "write_off_cents_max": 50000,
}
LEVEL: Json = {"location": "MI-01", "sku": "COAT/RED-M"}
MOVEMENTS: Json = {
    "source": "till",
    "movements": [
        {
            "id": "m-1",
            "sequence": 1,
            "location": "MI-01",
            "sku": "COAT/RED-M",
            "kind": "sold_in_store",
            "quantity": 1,
            "occurred_at": "2026-03-02T09:30:00Z",
            "reason": "till 2",
        }
    ],
}

INCOMING: Json = {
    "reference": "PO-1001",
    "location": "MI-01",
    "sku": "COAT/RED-M",
    "quantity": 12,
    "due_on": "2026-12-12",
    "late_days": 3,
}
PROTECTION: Json = {
    "code": "stores-first",
    "kind": "share",
    "units": 6,
    "percent": 10,
    "sku": "COAT/RED-M",
    "product": None,
    "category": None,
    "location": "MI-01",
    "group": None,
    "channels": ["web-it"],
    "starts_at": "2026-03-02T09:00:00Z",
    "ends_at": "2099-03-02T09:00:00Z",
}

PIECE: Json = {
    "sku": "COAT/RED-M-U1",
    "like": "COAT/RED-M",
    "serial": "SN-40917",
    "condition": "used_a",
    "location": "MI-01",
    "price_cents": 9900,
    "cost_cents": 4000,
    "note": "Left cuff worn",
    "photos": ["https://photos.example/1.jpg"],
}
ASIDE: Json = {
    "location": "MI-01",
    "sku": "COAT/RED-M",
    "reason": "damaged",
    "quantity": 1,
}
HOLD: Json = {
    "channel": "web-it",
    "lines": [{"sku": "COAT/RED-M", "quantity": 1}],
    "minutes": 15,
    "promise": None,
    "reference": "session-1",
}

WEBHOOK: Json = {
    "url": "https://shop.example.com/hook",
    "name": "Shop",
    "types": ["order.placed", "stock.changed"],
    "channels": [],
    "state": "enabled",
}
# What may be right and refused all the same: it depends on how far the work has come.
STORE_WORK: dict[str, Json] = {
    f"{WORK}/acceptance": {},
    f"{WORK}/rejection": {"reason": "not_found", "lines": [LINE["line"]]},
    f"{WORK}/picks": {"line": LINE["line"], "barcode": "04006381333931", "quantity": 1},
    f"{WORK}/shortages": LINE | {"reason": "fewer"},
    f"{WORK}/parcels": {"weight_g": 900, "lines": [LINE]},
    f"{WORK}/handover": {"code": "123456"},
    f"{WORK}/extensions": {"days": 3},
    f"{TERMS}/publications": {"undo": False, "standing": "0123456789abcdef"},
    "/v1/parcel-receipts": {"location": "MI-01", "sscc": "095212340000000012"},
    "/v1/manifests": MANIFEST,
    "/v1/parcels/{parcel_id}/carriers": {"carrier": "posta", "service": "standard"},
    "/v1/manifests/{manifest_id}/signature": {"name": "Ugo Neri", "drawing": "M10 50L40 20L80 60"},
    "/v1/carrier-pickups/{pickup_id}/cancellations": {},
    **ORDER_ACTS,
    "/v1/feeds/{feed_id}/acceptance": {},
    "/v1/incidents/{incident_id}/end": {},
    "/v1/simulations/{simulation_id}/cancellations": {},
    "/v1/feeds/{feed_id}/rejection": {},
    "/v1/feeds/{feed_id}/undo": {},
    "/v1/count-tasks/dismissals": LEVEL,
    "/v1/count-tasks/assignments": LEVEL | {"assignee": "Anna"},
    "/v1/transfers": {
        "external_id": "T-1",
        "from": "MI-01",
        "to": "MI-02",
        "lines": [{"sku": "COAT/RED-M", "quantity": 2}],
        "expected_at": "2026-03-04T09:00:00Z",
    },
    "/v1/transfers/{transfer_id}/dispatch": {"lines": [{"sku": "COAT/RED-M", "quantity": 2}]},
    "/v1/transfers/{transfer_id}/receipts": {
        "lines": [{"sku": "COAT/RED-M", "quantity": 1}],
        "last": False,
    },
    "/v1/transfers/{transfer_id}/cancellations": {},
    "/v1/holds/{hold_id}/extensions": {"minutes": 30},
    "/v1/pieces": PIECE,
    "/v1/pieces/{sku}/withdrawals": {},
    "/v1/stock/set-asides": ASIDE,
    "/v1/stock/clearings": ASIDE,
    "/v1/holds/{hold_id}/releases": {},
    "/v1/webhooks/{webhook_id}": WEBHOOK,
    "/v1/webhooks/{webhook_id}/replays": {"since": "2026-03-02T09:00:00Z", "state": "failed"},
    "/v1/prices/publications": {"version": 1},
    **STRATEGY_ACTS,
    f"{RESERVATION}/set-asides": {
        "lines": [{"sku": "COAT/RED-M", "quantity": 1}],
        "reason": "not_found",
        "shelf": "R4",
    },
    f"{RESERVATION}/declines": {"reason": "no_time"},
    f"{RESERVATION}/visit": {"bought": [{"sku": "COAT/RED-M", "quantity": 0}]},
    f"{RESERVATION}/cancellations": {},
    "/v1/store-reservations": {
        "channel": "web-it",
        "location": "MI-01",
        "customer": CUSTOMER,
        "lines": [{"sku": "COAT/RED-M", "quantity": 1}],
        "note": "After work",
        "collector": {"name": "Marco Rossi"},
    },
    **COUNT_ACTS,
    **USER_ACTS,
    "/v1/put-backs": {"location": "MI-01", "barcode": "COAT/RED-M", "quantity": 1},
}

# In the order in which they can be made.
NETWORK = {
    "/v1/legal-entities": ENTITY,
    "/v1/location-groups": GROUP,
    "/v1/locations": LOCATION,
    "/v1/opening-hours": HOURS,
    "/v1/closures": CLOSURE,
    "/v1/channels": CHANNEL,
    "/v1/items": ITEM,
    "/v1/carriers": CARRIER,
    "/v1/zones": ZONE,
    "/v1/lanes": LANE,
    "/v1/customers": CUSTOMER,
}
SOUND = (
    NETWORK
    | STORE_WORK
    | {
        f"{TERMS}/draft": DRAFT,
        "/v1/emission-factors": {"factors": [FACTOR]},
        "/v1/prices/draft": PRICES,
        "/v1/keys": KEY,
        "/v1/users": USER,
        "/v1/customers/searches": {"q": "ada"},
        "/v1/orders": ORDER,
        "/v1/promises": CART,
        "/v1/stock/counts": COUNTS,
        "/v1/stock/movements": MOVEMENTS,
        "/v1/stock/incoming": {"incoming": [INCOMING]},
        "/v1/stock/protections": PROTECTION,
        "/v1/holds": HOLD,
        "/v1/stock/protection-previews": {"protections": [PROTECTION], "removed": ["stores-first"]},
        "/v1/stock/sources": SOURCE,
        "/v1/strategies": STRATEGY,
        "/v1/incidents": INCIDENT,
        "/v1/simulations": SIMULATION,
        "/v1/count-tasks": {"levels": [LEVEL]},
        "/v1/webhooks": WEBHOOK,
        "/v1/stock/thresholds": {"units": 3},
        "/v1/pickup-terms": {"days": 7, "remind_days": 2},
        "/v1/names": {"kind": "zone", "code": ZONE["code"], "name": "The North"},
        "/v1/substitutes": {"sku": "COAT/RED-M", "substitutes": []},
        "/v1/carrier-pickups": PICKUP,
        "/v1/shelf-counts": {"location": "MI-01", "skus": ["COAT/RED-M"]},
        "/v1/carrier-events": CARRIER_EVENTS,
    }
)
# Where a new one needs a name of its own.
NAMED = {
    "/v1/legal-entities": "code",
    "/v1/location-groups": "code",
    "/v1/locations": "code",
    "/v1/channels": "code",
    "/v1/items": "sku",
    "/v1/carriers": "service",
    "/v1/zones": "code",
    "/v1/stock/protections": "code",
    "/v1/strategies": "code",
    "/v1/orders": "external_id",
    "/v1/users": "login",
}
