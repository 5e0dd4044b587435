"""EasyPost on a socket of this machine: it remembers what it sold, and can lose its answer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

NOT_FOUND: dict[str, Any] = {
    "error": {"code": "NOT_FOUND", "message": "The requested resource could not be found."}
}
NO_RATE: dict[str, Any] = {
    "error": {"code": "SHIPMENT.RATE.INVALID", "message": "Rate is no longer valid."}
}
RATE: dict[str, Any] = {"object": "Rate", "carrier": "UPS", "currency": "EUR"}


@dataclass
class EasyPost:
    """What it keeps, by id; `sold` and `visits` count what costs money."""

    port: int = 0
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    sold: int = 0
    visits: int = 0
    answers_lost: int = 0
    refuses: bool = False
    keys: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v2"

    def answer(self, method: str, path: list[str], body: dict[str, Any]) -> dict[str, Any]:
        if method == "GET":
            named = path[1]
            mine = (e for e in self.kept.values() if named in (e["id"], e.get("reference")))
            return next(mine, NOT_FOUND)
        kind, name, act = (*path, "", "")[:3]
        if not name:
            return self.create(kind, body)
        found = self.kept[name]
        return getattr(self, act)(kind, found, body)  # type: ignore[no-any-return]

    def create(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        told = body.get(kind.removesuffix("s").removesuffix("e")) or body.get(kind[:-1]) or body
        id_ = f"{kind[:3]}_{len(self.kept) + 1}"
        rates = [
            RATE | {"id": f"rate_{price}", "service": "standard", "rate": price}
            for price in ("9.90", "7.50")
        ]
        kinds: dict[str, dict[str, Any]] = {
            "shipments": {
                "object": "Shipment",
                "postage_label": None,
                "tracking_code": None,
                "refund_status": None,
                "rates": rates,
            },
            "pickups": {
                "object": "Pickup",
                "status": "unknown",
                "confirmation": None,
                "pickup_rates": rates,
            },
            "batches": {"object": "Batch"},
        }
        made = kinds[kind]
        self.kept[id_] = {"id": id_, **told, **made}
        return self.kept[id_]

    def buy(self, kind: str, found: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        if self.refuses:
            return NO_RATE
        if kind == "pickups":
            self.visits += 1
            found |= {"status": "scheduled", "confirmation": f"PRG{self.visits:04}"}
            return found
        assert body["rate"]["id"] == "rate_7.50", "the cheapest one"
        self.sold += 1
        label = {
            "object": "PostageLabel",
            "id": f"pl_{self.sold}",
            "label_url": f"http://127.0.0.1:{self.port}/label.pdf",
        }
        found |= {"tracking_code": f"1Z{self.sold:08}", "postage_label": label}
        return found

    def refund(self, kind: str, found: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        assert found["refund_status"] is None, "given back once"
        self.sold -= 1
        return _set(found, refund_status="submitted")

    def cancel(self, kind: str, found: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        self.visits -= 1
        return _set(found, status="canceled")


def _set(found: dict[str, Any], **told: Any) -> dict[str, Any]:
    found.update(told)
    return found


@contextmanager
def easypost() -> Iterator[EasyPost]:
    """The service on a free port, until the end."""
    house = EasyPost()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.serve("GET")

        def do_POST(self) -> None:
            self.serve("POST")

        def serve(self, method: str) -> None:
            if self.path == "/label.pdf":
                self.tell(200, b"%PDF-1.4 label", "application/pdf")
                return
            house.keys.add(self.headers["Authorization"])
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size) or b"{}")
            path = self.path.partition("?")[0].removeprefix("/v2/").split("/")
            told = house.answer(method, path, body)
            if house.answers_lost and path[-1] == "buy":
                house.answers_lost -= 1
                self.close_connection = True
                return
            status = {id(NOT_FOUND): 404, id(NO_RATE): 422}.get(id(told), 200)
            self.tell(status, json.dumps(told).encode(), "application/json")

        def tell(self, status: int, content: bytes, media_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        house.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield house
        finally:
            server.shutdown()
            thread.join()
