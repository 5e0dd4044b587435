"""Bodies about what becomes of an order that stands."""

from typing import Any

Json = dict[str, Any]

ADDRESS: Json = {
    "street": "Via Dante 1",
    "postal_code": "20121",
    "city": "Milano",
    "region": None,
    "country": "IT",
    "latitude": 45.4658,
    "longitude": 9.1859,
}
EDIT: Json = {
    "changes": [
        {"kind": "quantity", "line": "lin_01jd8m4z6vf2a9t3k5w7x0y1q8", "quantity": 1},
        {
            "kind": "new_line",
            "sku": "COAT/RED-M",
            "quantity": 1,
            "unit_price": {"amount": 4990, "currency": "EUR"},
            "discount": 0,
            "tax_rate_ppm": 220_000,
            "delivery": 0,
        },
        {"kind": "address", "delivery": 0, "address": ADDRESS},
        {"kind": "recipient", "delivery": 0, "name": "Marco Rossi", "phone": "+39 02 1234567"},
        {
            "kind": "service",
            "delivery": 1,
            "service": "collect",
            "address": None,
            "location": "MI-01",
        },
        {"kind": "gift", "message": "Buon compleanno!"},
        {"kind": "notes", "notes": "Ring twice"},
    ],
    "arrive_by": "2026-03-06T18:00:00Z",
}
ORDER_ACTS: dict[str, Json] = {
    "/v1/orders/{order_id}/edits": EDIT,
    "/v1/orders/{order_id}/edits/undo": {},
    "/v1/orders/{order_id}/cancellations": {"reason": "customer"},
    "/v1/orders/{order_id}/assignments": {"location": "MI-01"},
    "/v1/orders/{order_id}/holds": {"reason": "fraud", "owner": "Anna"},
    "/v1/orders/{order_id}/releases": {"reason": "fraud"},
    "/v1/orders/{order_id}/pickup-agreements": {
        "delivery": 0,
        "collector": {"name": "Marco Rossi", "phone": "+39 02 1234567"},
        "to_pay": {"amount": 4990, "currency": "EUR"},
    },
    "/v1/orders/{order_id}/till-payments": {"delivery": 0, "receipt": "R-1042"},
    "/v1/orders/{order_id}/pickup-answers": {
        "delivery": 0,
        "answer": "delivery",
        "consent": "message",
        "address": {
            "street": "Via Torino 1",
            "postal_code": "20123",
            "city": "Milano",
            "country": "IT",
        },
    },
    "/v1/orders/{order_id}/resourcings": {
        "fulfillment": "ful_01jd8m4z6vf2a9t3k5w7x0y1q8",
        "reason": "incident",
    },
}
