"""Counts of shelves over the API: found again by location and by what became of them."""

from tests.api.conftest import Api, NewKey
from tests.api.examples import COUNTS, LOCATION, NETWORK, Json


def begun(api: Api, location: str) -> Json:
    answer = api.post("/v1/shelf-counts", {"location": location, "skus": []})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_counts_are_listed_by_location_and_state(api: Api, new_key: NewKey) -> None:
    for path, body in NETWORK.items():
        assert api.post(path, body).status_code == 201
    assert api.post("/v1/locations", LOCATION | {"code": "MI-02"}).status_code == 201
    assert api.post("/v1/stock/counts", COUNTS).status_code == 200
    first, second, third = (begun(api, code) for code in ("MI-01", "MI-02", "MI-01"))
    booked = api.post(f"/v1/shelf-counts/{third['id']}/bookings", {}).json()

    def listed(query: str) -> list[str]:
        return [each["id"] for each in api.get(f"/v1/shelf-counts{query}").json()["data"]]

    assert listed("") == [third["id"], second["id"], first["id"]]
    assert listed("?location=MI-01") == [third["id"], first["id"]]
    assert listed("?state=open") == [second["id"], first["id"]]
    assert listed("?state=booked&location=MI-01") == [third["id"]]
    assert listed("?state=dropped") == []
    dropped = api.post(f"/v1/shelf-counts/{first['id']}/cancellations", {}).json()
    assert (dropped["outcome"], dropped["items"]) == ("dropped", [])
    assert (listed("?state=dropped"), listed("?state=open")) == ([first["id"]], [second["id"]])
    over = api.post(f"/v1/shelf-counts/{first['id']}/bookings", {})
    assert over.json()["code"] == "count_over"
    page = api.get("/v1/shelf-counts?limit=1").json()
    bare = {name: value for name, value in booked.items() if name not in ("items", "scans")}
    assert page["data"] == [bare]
    assert listed(f"?limit=1&cursor={page['next_cursor']}") == [second["id"]]
    assert api.get("/v1/shelf-counts?state=nothing").status_code == 422
    assert api.get("/v1/shelf-counts?location=nowhere").status_code == 404
