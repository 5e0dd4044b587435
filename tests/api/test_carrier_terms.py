"""Carriers' terms over HTTP: a draft with gaps, its effects, taking effect, and back."""

import httpx
from tests.api.conftest import Api
from tests.api.examples import COUNTS, NETWORK, ORDER, Json
from tests.api.examples_carriers import CARRIER, DRAFT, FACTOR

from ovunque.platform.embedded import wait_until

AT = "/v1/carriers/posta/standard"
SECONDS_MAX = 20
SAVED = {"created": 0, "changed": 0, "unchanged": 0}
DEARER: Json = DRAFT | {
    "lanes": [DRAFT["lanes"][0] | {"rates": [{"weight_max_g": 30_000, "price_cents": 1_500}]}]
}


def ready(api: Api) -> None:
    for path, body in NETWORK.items():
        assert api.post(path, body).status_code == 201


def put_draft(api: Api, draft: Json, **told: str) -> httpx.Response:
    headers = {name.replace("_", "-"): value for name, value in told.items()}
    return api.put(f"{AT}/draft", draft, headers=headers)


def lane(api: Api) -> Json:
    shown: Json = api.get("/v1/lanes/posta/standard/IT-north/IT-north").json()
    return shown


def test_a_draft_counts_when_it_is_published_and_not_before_and_is_undone(api: Api) -> None:
    ready(api)
    stood = api.get(f"{AT}/terms").json()

    draft = put_draft(api, DEARER).json()
    assert [each["field"] for each in draft["changes"]] == ["rates", "parcels_per_day_max"]
    assert draft["gaps"] == []
    assert draft["standing"] == stood["standing"]
    assert lane(api)["rates"][0]["price_cents"] == 590

    done = api.post(f"{AT}/publications", {"standing": draft["standing"]})
    assert (done.status_code, done.json()["number"]) == (201, 1), done.text
    assert lane(api)["rates"] == [{"weight_max_g": 30_000, "price_cents": 1_500}]
    assert api.get(f"{AT}/draft").status_code == 404

    undone = api.post(f"{AT}/publications", {"undo": True})
    assert (undone.status_code, undone.json()["number"]) == (201, 2), undone.text
    assert api.get(f"{AT}/terms").json() == stood
    redone = api.post(f"{AT}/publications", {"undo": True})
    assert redone.json()["terms"] == done.json()["terms"]
    history = api.get(f"{AT}/publications").json()["data"]
    assert [each["number"] for each in history] == [3, 2, 1]


def test_gaps_stop_a_draft_and_are_named(api: Api) -> None:
    ready(api)
    gaping = DRAFT | {
        "conditions": DRAFT["conditions"] | {"cutoff": None},
        "lanes": [DRAFT["lanes"][0] | {"rates": []}],
    }

    shown = put_draft(api, gaping).json()
    assert {each["code"] for each in shown["gaps"]} == {"missing_cutoff", "lane_without_tariff"}
    assert all(each["stops"] for each in shown["gaps"])

    refused = api.post(f"{AT}/publications", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "terms_incomplete")
    assert {each["code"] for each in refused.json()["errors"]} == {
        "missing_cutoff",
        "lane_without_tariff",
    }
    assert lane(api)["rates"][0]["price_cents"] == 590


def test_nobody_publishes_over_what_they_have_not_seen(api: Api) -> None:
    ready(api)
    first = put_draft(api, DEARER)
    assert put_draft(api, DRAFT, If_Match='"7"').status_code == 412
    assert put_draft(api, DEARER, If_Match=first.headers["ETag"]).json()["version"] == 2

    changed = CARRIER | {"cutoff": "18:45"}  # Somebody imports meanwhile.
    assert api.put("/v1/carriers/posta/standard", changed).status_code == 200
    late = api.post(f"{AT}/publications", {"standing": first.json()["standing"]})
    assert (late.status_code, late.json()["code"]) == (409, "terms_changed")
    assert api.send("DELETE", f"{AT}/draft").status_code == 204
    assert api.send("DELETE", f"{AT}/draft").status_code == 404


def test_a_new_service_comes_by_a_draft_and_goes_by_undoing_it(api: Api) -> None:
    ready(api)
    new = "/v1/carriers/saetta/express"
    theirs = DRAFT | {"carrier": "saetta", "service": "express"}
    assert api.put(f"{new}/draft", DRAFT).status_code == 422
    assert api.put(f"{new}/draft", theirs).json()["standing"] == ""
    assert api.get(f"{new}/terms").status_code == 404
    assert api.post(f"{new}/publications", {"standing": ""}).status_code == 201
    assert len(api.get(f"{new}/terms").json()["terms"]["lanes"]) == 1
    assert api.post(f"{new}/publications", {"undo": True}).status_code == 201
    assert api.get(f"{new}/terms").json()["terms"]["lanes"] == []


def test_what_is_published_once_is_published_once(api: Api) -> None:
    ready(api)
    put_draft(api, DEARER)
    key = {"Idempotency-Key": "publish-1"}
    first = api.post(f"{AT}/publications", {}, headers=key)
    again = api.post(f"{AT}/publications", {}, headers=key)
    assert (first.json(), again.headers["Idempotent-Replayed"]) == (again.json(), "true")
    assert api.post(f"{AT}/publications", {}).status_code == 404


def test_effects_of_a_draft_without_parcels_are_none(api: Api) -> None:
    ready(api)
    put_draft(api, DEARER)
    shown = api.get(f"{AT}/draft/effects").json()
    assert (shown["parcels"], shown["another_is_cheapest"], shown["examples"]) == (0, 0, [])


def test_a_carriers_own_factor_is_told_and_wins(api: Api) -> None:
    """0.3 km of its van at 48 g a kilometer, instead of 317."""
    ready(api)
    assert api.post("/v1/stock/counts", COUNTS).status_code == 200
    own = FACTOR | {"vehicle": "van_diesel"}
    tries: list[Json | None] = []

    def served() -> bool:
        tries.append(placed(api, f"walk-{len(tries)}"))
        return tries[-1] is not None

    assert wait_until(served, SECONDS_MAX)
    order = tries[-1]
    assert order is not None
    before = legs(api, order)
    assert before["emissions_g"] == before["planned_g"], "the legs are those of the plan"
    assert sum(each["ttw_mg"] + each["wtt_mg"] for each in before["legs"]) > 0

    told = {"factors": [own]}
    assert api.post("/v1/emission-factors", told).json() == SAVED | {"created": 1}
    assert api.post("/v1/emission-factors", told).json() == SAVED | {"unchanged": 1}
    assert wait_until(lambda: last_mile(legs(api, order))["wtt_f5"] == 4_800, SECONDS_MAX)
    after = last_mile(legs(api, order))
    assert after["wtt_mg"] == after["distance_m"] * 4_800 // 100
    assert (after["ttw_mg"], after["quality"]) == (0, "primary")
    shown = api.get("/v1/emission-factors").json()
    assert "ISO 14083" in shown["method"]
    assert any(each["carrier"] == "posta" for each in shown["data"])


def placed(api: Api, key: str) -> Json | None:
    asked = ORDER | {"external_id": key}  # One that came too early is accepted with nothing.
    answer = api.post("/v1/orders", asked, headers={"Idempotency-Key": key})
    shown: Json = answer.json()
    return shown if answer.status_code == 201 and shown["fulfillments"] else None


def legs(api: Api, order: Json) -> Json:
    shown: Json = api.get(f"/v1/orders/{order['id']}/emissions").json()["fulfillments"][0]
    return shown


def last_mile(way: Json) -> Json:
    return next(each for each in way["legs"] if each["leg"] == "last_mile")
