"""Bodies about the work of a store."""

from typing import Any

Json = dict[str, Any]

LINE: Json = {"line": "lin_01jd8m4z6vf2a9t3k5w7x0y1q8", "sku": "COAT/RED-M", "quantity": 1}
PICKUP: Json = {
    "location": "MI-01",
    "carrier": "posta",
    "starts_at": "2026-03-02T16:00:00Z",
    "ends_at": "2026-03-02T17:00:00Z",
}
MANIFEST: Json = {
    "location": "MI-01",
    "carrier": "posta",
    "pickup": None,
    "parcels": ["par_01jd8m4z6vf2a9t3k5w7x0y1q8"],
}
CARRIER_EVENTS: Json = {
    "carrier": "posta",
    "events": [
        {
            "id": "scan-1",
            "tracking": "RA0000000420IT",
            "state": "in_transit",
            "occurred_at": "2026-03-02T18:00:00Z",
        }
    ],
}
COUNT_ACTS: dict[str, Json] = {
    "/v1/shelf-counts/{count_id}/scans": {"code": "04006381333931", "quantity": 1},
    "/v1/shelf-counts/{count_id}/bookings": {},
    "/v1/shelf-counts/{count_id}/cancellations": {},
}
WORK = "/v1/fulfillments/{fulfillment_id}"
RESERVATION = "/v1/store-reservations/{reservation_id}"
