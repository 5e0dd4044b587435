"""Webhooks over the API: made, changed, their secrets shown once, and thresholds beside them."""

from tests.api.conftest import Api
from tests.api.examples import WEBHOOK

from ovunque.integrations.webhooks.rules import SECRET_LEAD

HOOKS = "/v1/webhooks"


def test_a_webhook_lives_and_dies(shared_api: Api) -> None:
    api = shared_api
    made = api.post(HOOKS, WEBHOOK)
    assert made.status_code == 201, made.text
    told = made.json()
    assert told.pop("secret").startswith(SECRET_LEAD)
    address = f"{HOOKS}/{told['id']}"
    assert api.get(address).json() == told
    assert told in api.get(HOOKS).json()["data"]

    changed = WEBHOOK | {"types": ["low_stock"], "state": "disabled"}
    put = api.put(address, changed, headers={"If-Match": '"1"'})
    assert (put.status_code, put.json()["types"], put.json()["state"]) == (
        200,
        ["low_stock"],
        "disabled",
    )
    again = api.put(address, changed, headers={"If-Match": '"1"'})
    assert (again.status_code, again.json()["code"]) == (412, "version_conflict")

    assert api.send("DELETE", address).status_code == 204
    for gone in (api.get(address), api.send("DELETE", address), api.post(f"{address}/tests")):
        assert (gone.status_code, gone.json()["code"]) == (404, "not_found")


def test_secrets_are_shown_once(shared_api: Api) -> None:
    """A replayed answer has none, and no other answer ever names one."""
    api = shared_api
    key = {"Idempotency-Key": "webhook-once"}
    first = api.post(HOOKS, WEBHOOK, headers=key).json()
    replayed = api.post(HOOKS, WEBHOOK, headers=key)
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert replayed.json() == first | {"secret": None}

    address = f"{HOOKS}/{first['id']}"
    second = api.post(f"{address}/secrets").json()
    assert second["secret"] not in (None, first["secret"])
    for answer in (api.get(address), api.get(HOOKS), api.get(f"{address}/deliveries")):
        assert first["secret"] not in answer.text
        assert second["secret"] not in answer.text


def test_a_test_message_waits_to_be_delivered(shared_api: Api) -> None:
    api = shared_api
    address = f"{HOOKS}/{api.post(HOOKS, WEBHOOK).json()['id']}"
    sent = api.post(f"{address}/tests").json()["message"]
    (message,) = api.get(f"{address}/deliveries?state=waiting").json()["data"]
    assert (message["id"], message["type"]) == (sent, "webhook.test")
    assert api.get(f"{address}/deliveries?state=failed").json()["data"] == []
    replays = api.post(f"{address}/replays", {"since": "2026-01-01T00:00:00Z"})
    assert replays.json() == {"messages": 0}, "what waits is not sent twice"


def test_what_nobody_may_ask_for(shared_api: Api) -> None:
    for wrong in (
        {"url": "https://169.254.169.254/latest"},
        {"url": "http://shop.example.com/"},
        {"types": ["order.exploded"]},
        {"channels": ["nowhere"]},
    ):
        answer = shared_api.post(HOOKS, WEBHOOK | wrong)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), wrong
        (pointer,) = [each["pointer"] for each in answer.json()["errors"]]
        assert pointer.startswith("/" + next(iter(wrong)))


def test_thresholds_are_said_and_taken_back(shared_api: Api) -> None:
    api, address = shared_api, "/v1/stock/thresholds"
    assert api.put(address, {"units": 3}).json() == {"channel": None, "sku": None, "units": 3}
    assert api.get(address).json()["data"] == [{"channel": None, "sku": None, "units": 3}]
    assert api.put(f"{address}?sku=NONE&channel=no", {"units": 3}).status_code == 422
    assert api.send("DELETE", address).status_code == 204
    assert api.get(address).json()["data"] == []
