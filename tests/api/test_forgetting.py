"""Somebody is forgotten: a word of theirs in every personal field, and afterwards nowhere."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from tests.api.conftest import Api
from tests.api.test_store_work import (
    HOME,
    Json,
    buy_labels,
    done,
    keys,
    place,
    sweep,
    work_of,
)
from tests.clearing import put_in_clear
from tests.dumps import dump, restored
from tests.factories import TESTER
from tests.shops import Shop, open_shop
from tests.worlds import CHANNEL

from ovunque.api.call import Services
from ovunque.app import answer_in_loop, furnish
from ovunque.customers import knowing
from ovunque.customers.listing import list_contacts
from ovunque.customers.model import Collector
from ovunque.fulfillment.store.collecting import find_collection
from ovunque.kernel.ids import NewId, parse_public_id
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.forgetting import GRACE, JOB, Eraser, erase_again
from ovunque.orders.store.agreeing import find_agreement
from ovunque.platform import idempotency
from ovunque.platform.clock import now
from ovunque.platform.database import Database, Tx
from ovunque.platform.embedded import Cluster
from ovunque.platform.jobs import Work, run_due
from ovunque.platform.migrating import list_migrations
from ovunque.platform.sealing.archives import verify
from ovunque.platform.settings import Settings, read_settings
from ovunque.platform.vault import Vault, add_key, check_keys, house_vault
from ovunque.resealing import WORDS, reseal

WORD = "zibibbo"  # In every field that may say something of a person.
# A postal code of digits alone would stand in some id by chance.
PHONE, POSTAL, AT = "+39 02 7654321", "9912z", (45_123_987, 9_876_123)
DRAWN = "M10 50L40 20L80 60"  # By the driver: the carrier's receipt, which no erasure takes.
SIGNED = ("manifest", "bytes")
TOLD = (WORD, "7654321", POSTAL, "45123987", "9876123", DRAWN.casefold())
CLEAR = TOLD[:3]  # Where exactly somebody lives is sealed.
# All that stands in clear: what people look for by a fragment, and what ways are told by.
WHERE_CLEAR = {
    ("contact", WORD),
    ("contact", "7654321"),
    ("contact", POSTAL),
    ("customer", WORD),
    ("customer", "7654321"),
    ("customer_key", WORD),
    ("promise", POSTAL),
}
CUSTOMER = {
    "name": f"Ada {WORD}",
    "email": f"{WORD}@example.com",
    "phone": PHONE,
    "external_id": f"{WORD}-7",
}
UNCLE = {"name": f"Zio {WORD}", "phone": PHONE}
KEPT = ("street", "city")
HOOK = {"url": "https://127.0.0.1/hook", "name": "shop", "types": ["order.placed"]}
ADDRESS: Json = {
    "name": f"Zia {WORD}",
    "street": f"Via {WORD} 1",
    "postal_code": POSTAL,
    "city": f"Borgo {WORD}",
    "country": "IT",
    "latitude": AT[0] / 1e6,
    "longitude": AT[1] / 1e6,
}


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, {("L001", "COAT"): 9}) as opened:
        yield opened


@pytest.fixture
def services(shop: Shop, tmp_path: Path) -> Iterator[Services]:
    settings = Settings(home=tmp_path, webhooks_inside=True)
    with furnish(settings, shop.database, answer_in_loop) as furnished:
        yield furnished


def order(api: Api, delivery: Json) -> Json:
    """An order with the word in everything that its customer may say."""
    body = {
        "channel": CHANNEL,
        "external_id": next(keys),
        "customer": CUSTOMER,
        "gift": {"message": f"To my {WORD}"},
        "notes": f"{WORD} is home at noon",
        "lines": [
            {"sku": "COAT", "quantity": 1, "unit_price": {"amount": 4990, "currency": "EUR"}}
        ],
        "delivery": delivery,
    }
    placed = api.post("/v1/orders", body, headers={"Idempotency-Key": next(keys)})
    assert placed.status_code == 201, placed.text
    told: Json = placed.json()
    return told


def promised(api: Api) -> str:
    """The token of a promise to that address."""
    to = {name: ADDRESS[name] for name in ("postal_code", "country", "latitude", "longitude")}
    cart = {"channel": CHANNEL, "lines": [{"sku": "COAT", "quantity": 1}]}
    answer = api.post("/v1/promises", cart | {"destination": to, "services": ["home"]})
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["options"][0]["token"]
    return token


def ask(api: Api, path: str, body: Json) -> Json:
    answer = api.post(path, body, headers={"Idempotency-Key": next(keys)})
    assert answer.status_code == 201, answer.text
    told: Json = answer.json()
    return told


def live(api: Api, shop: Shop) -> tuple[Json, Json]:
    """An order that came home, and one that somebody else fetched."""
    ask(api, "/v1/webhooks", HOOK)
    recipient = {"name": f"Zia {WORD}", "phone": PHONE}
    home = {"service": "home", "address": ADDRESS, "recipient": recipient}
    sent = order(api, home | {"promise": promised(api)})
    fetched = order(api, {"service": "collect", "location": "L001", "collector": UNCLE})
    ask(api, f"/v1/orders/{fetched['id']}/pickup-agreements", {"collector": UNCLE})
    lines = [{"sku": "COAT", "quantity": 1}]
    visit = {"channel": CHANNEL, "location": "L001", "customer": CUSTOMER, "lines": lines}
    ask(api, "/v1/store-reservations", visit | {"note": f"For {WORD}", "collector": UNCLE})
    there = {name: ADDRESS[name] for name in (*KEPT, "postal_code", "country")}
    sent["gift"] = {"message": f"Your {WORD}"}
    edit = [{"kind": "address", "address": there}, {"kind": "gift", **sent["gift"]}]
    ask(api, f"/v1/orders/{sent['id']}/edits", {"changes": edit})
    sweep(shop)
    for each in (sent, fetched):
        done(api, work_of(api, each), "acceptance")
        done(api, work_of(api, each), "picks", {"barcode": "COAT", "quantity": 1})
    parcel = done(api, work_of(api, sent), "parcels", {"weight_g": 900})["parcels"][0]
    buy_labels(shop)
    manifest = ask(api, "/v1/manifests", {"location": "L001", "carrier": "gls"})["id"]
    ask(api, f"/v1/manifests/{manifest}/signature", {"name": "Ugo Neri", "drawing": DRAWN})
    tracking = api.get(f"/v1/parcels/{parcel['id']}").json()["tracking"]
    event = {"id": "1", "tracking": tracking, "state": "delivered"}
    event |= {"occurred_at": f"{now():%FT%TZ}"}
    ask(api, "/v1/carrier-events", {"carrier": "gls", "events": [event]})
    by = {"identity": f"passport of {WORD}", "collector": f"Zio {WORD}"}
    done(api, work_of(api, fetched), "handover", by)
    return sent, fetched


def lowered(url: str) -> str:
    """All that the database holds, without the case of letters."""
    return dump(url).casefold()


def hits(text: str) -> list[str]:
    return [word for word in TOLD if word in text]


def where(text: str) -> set[tuple[str, str]]:
    """In which tables of a dump the words stand, as they are or as bytes in clear."""
    found, table = set(), ""
    for line in text.splitlines():
        if line.startswith("copy "):
            table = line.split()[1].removeprefix("public.")
        found |= {(table, each) for each in hits(line)}
        if any(each.encode().hex() in line for each in (WORD, DRAWN)):
            found.add((table, "bytes"))
    return found


def contact_ids(tx: Tx) -> list[UUID]:
    return [id_ for (id_,) in tx.execute("select id from contact").fetchall()]


def test_where_somebody_lives_is_nothing_that_a_dump_tells(
    api: Api, shop: Shop, database_url: str
) -> None:
    """A dump lacks the file with the keys; what was there before is sealed by a command."""
    order(api, {"service": "home", "address": ADDRESS})
    ids = shop.database.read(contact_ids)
    known = shop.database.read(lambda tx: list_contacts(tx, ids))[ids[0]]
    assert (known.street, known.city, known.latitude_e6) == (*map(ADDRESS.get, KEPT), AT[0])
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(
            """insert into contact (id, street, postal_code, city, country, latitude_e6)
               values (gen_random_uuid(), %s, '20121', %s, 'IT', 45123987)""",
            [f"Vicolo {WORD} 9", f"Villa {WORD}"],
        )
    lines = f"via {WORD}", f"borgo {WORD}", f"vicolo {WORD}", f"villa {WORD}", "45123987"
    assert [each for each in lines if each in lowered(database_url)] == [*lines[2:]]
    vault, keys_file = house_vault(), read_settings().personal_keys_file
    assert shop.database.transact(lambda tx: knowing.reseal(tx, vault.newest)) == 1
    assert [each for each in lines if each in lowered(database_url)] == []

    before, nth = keys_file.read_text(), vault.newest
    try:
        assert add_key(keys_file) == nth + 1
        vault.load()
        assert shop.database.transact(lambda tx: knowing.reseal(tx, vault.newest)) >= 2
        assert shop.database.transact(lambda tx: knowing.reseal(tx, vault.newest)) == 0
        assert shop.database.read(lambda tx: list_contacts(tx, ids))[ids[0]] == known
        shop.database.transact(lambda tx: check_keys(tx, vault))
        stranger = Vault(keys_file.with_name("others.keys"))
        with pytest.raises(Refusal, match="personal_key_missing"):
            shop.database.transact(lambda tx: check_keys(tx, stranger))
        sealed = vault.seal(UUID(int=1), b"here")
        assert vault.open(UUID(int=1), sealed) == b"here"
        with pytest.raises(AssertionError, match="not as it was written"):
            vault.open(UUID(int=2), sealed)  # Another row's.
        with pytest.raises(Refusal, match="personal_key_missing"):
            stranger.open(UUID(int=1), sealed)
    finally:  # All tests of a process share the file.
        keys_file.write_text(before)
        vault.load()


def test_no_address_costs_a_look_at_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """It once took six times as long as the rest of an order."""
    vault = house_vault()
    monkeypatch.delattr("ovunque.platform.vault.read_settings")
    assert house_vault() is vault


def run_jobs(shop: Shop, file: Path) -> None:
    work = Work(runners={JOB: Eraser(file=file).run}, jitter=lambda: 0.5)
    while run_due(shop.database, work, now() + GRACE):
        pass


def test_nothing_of_somebody_is_left_and_money_stays(
    api: Api, shop: Shop, services: Services, cluster: Cluster, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "erasures.jsonl"
    with capture_logs(processors=[merge_contextvars]) as logs:
        sent, fetched = live(api, shop)
        customer = f"/v1/customers/{sent['customer']}"
        api.post("/v1/customers/searches", {"q": WORD})
        api.get("/v1/orders", params={"q": WORD})
        api.post("/v1/customers", CUSTOMER, headers={"Idempotency-Key": next(keys)})
        held = api.get(f"{customer}/archive")
        assert verify(held.content).about == sent["customer"]
        assert where(lowered(database_url)) == WHERE_CLEAR
        with restored(cluster, database_url) as copy:
            asked = api.post(f"{customer}/erasures", {})
            assert (asked.status_code, asked.json()["erased_at"]) == (201, None)
            run_jobs(shop, file)

            put_in_clear(database_url, WORDS)
            assert where(lowered(database_url)) == {SIGNED}, "not even for whoever has the key"
            assert hits(str(logs).casefold()) == []
            assert hits(file.read_text().casefold()) == []
            erased = api.get(customer).json()
            assert (erased["name"], erased["email"], bool(erased["erased_at"])) == ("", None, True)
            for each in (sent, fetched):
                kept = api.get(f"/v1/orders/{each['id']}").json()
                assert kept["lines"][0]["unit_price"] == {"amount": 4990, "currency": "EUR"}
                assert (kept["number"], kept["notes"]) == (each["number"], None)
            assert check_now(shop.database) == ()

            assert hits(lowered(copy)) == list(CLEAR)
            with Database(copy) as back:
                assert erase_again(back, TESTER, file, now()) == (1, 0)
                assert erase_again(back, TESTER, file, now()) == (0, 0)
            assert hits(lowered(copy)) == []
    again = order(api, {"service": "home", "address": ADDRESS})
    assert again["customer"] != sent["customer"], "who comes back is somebody new"
    assert api.post(f"{customer}/erasures", {}).json()["erased_at"] is not None


def test_what_somebody_wrote_is_sealed_by_another_key(
    api: Api, shop: Shop, services: Services, database_url: str
) -> None:
    """What an older version left in clear is read until then, and sealed by the same command."""
    sent, fetched = live(api, shop)
    assert put_in_clear(database_url, WORDS) >= len(WORDS)
    tables = {table for table, how in where(lowered(database_url)) if how == "bytes"}
    assert tables == {each.table for each in WORDS}
    assert api.get(f"/v1/orders/{sent['id']}").json()["notes"] == f"{WORD} is home at noon"
    assert reseal(services.database) >= len(WORDS)
    assert where(lowered(database_url)) == WHERE_CLEAR
    told = api.get(f"/v1/orders/{sent['id']}").json()
    assert (told["gift"], told["notes"]) == (sent["gift"], sent["notes"])
    (visit,) = api.get("/v1/store-reservations").json()["data"]
    assert (visit["note"], visit["collector"]) == (f"For {WORD}", UNCLE)
    order_id, work_id = parse_public_id("ord", fetched["id"]), work_of(api, fetched)["id"]
    seen = shop.database.read(lambda tx: find_collection(tx, parse_public_id("ful", work_id)))
    assert (seen.shown, seen.collector) == (f"passport of {WORD}", f"Zio {WORD}")
    agreed = shop.database.read(lambda tx: find_agreement(tx, order_id, 0))
    assert agreed.collector == Collector(**UNCLE)


def ask_twice(api: Api) -> tuple[Json, httpx.Response]:
    """An order that says much, sent twice under one key; returns how, and the answer."""
    body: Json = {
        "channel": CHANNEL,
        "external_id": "A-1",
        "customer": CUSTOMER,
        "notes": f"Ask {WORD}",
    }
    lines = [{"sku": "COAT", "quantity": 1, "unit_price": {"amount": 4990, "currency": "EUR"}}]
    body |= {"lines": lines, "delivery": {"service": "home", "address": ADDRESS}}
    asked: Json = {"json": body, "headers": {"Idempotency-Key": next(keys)}}
    first, again = (api.post("/v1/orders", **asked) for _ in range(2))
    assert (first.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    assert first.content == again.content
    return asked, first


def told_by_answers(url: str) -> set[tuple[str, str]]:
    return {each for each in where(lowered(url)) if each[0] == "idempotency"}


def test_an_answer_that_names_somebody_comes_again_as_it_was(
    api: Api, shop: Shop, database_url: str
) -> None:
    """It is kept sealed, gift and notes too, and still forgotten with whom it names."""
    _, first = ask_twice(api)
    assert told_by_answers(database_url) == set()
    named = [first.json()["customer"]]
    assert shop.database.transact(lambda tx: idempotency.forget_about(tx, named)) == 1


def test_an_answer_of_an_older_version_is_sealed_like_those_of_today(
    api: Api, services: Services, database_url: str
) -> None:
    asked, first = ask_twice(api)
    with psycopg.connect(database_url, autocommit=True) as owner:
        kept = "select body from idempotency where sealed is not null"
        (about,) = owner.execute(kept).fetchone() or ("",)
        before = "update idempotency set body = %s, sealed = null where body = %s"
        owner.execute(before, [first.text, about])
        assert ("idempotency", WORD) in told_by_answers(database_url)
        (sealing,) = (each for each in list_migrations() if "sealed_answers" in each.name)
        owner.execute(sealing.text.encode())
        assert [json.loads(body) for (body,) in owner.execute(kept)] == [sorted(json.loads(about))]
    assert told_by_answers(database_url) == {("idempotency", "bytes")}
    assert api.post("/v1/orders", **asked).content == first.content
    assert reseal(services.database) >= 1
    assert told_by_answers(database_url) == set()
    assert api.post("/v1/orders", **asked).content == first.content


def test_who_waits_for_goods_is_not_forgotten_yet(api: Api, shop: Shop, tmp_path: Path) -> None:
    placed = place(api, ("COAT", 1), delivery=HOME)
    address = f"/v1/customers/{placed['customer']}/erasures"
    refused = api.post(address, {})
    assert (refused.status_code, refused.json()["code"]) == (409, "orders_under_way")
    canceled = api.post(
        f"/v1/orders/{placed['id']}/cancellations",
        {"reason": "customer"},
        headers={"Idempotency-Key": next(keys)},
    )
    assert canceled.status_code == 201, canceled.text
    assert api.post(address, {}).status_code == 201

    again = place(api, ("COAT", 1), delivery=HOME)
    assert again["customer"] != placed["customer"], "known no more from the wish on"
    run_jobs(shop, tmp_path / "erasures.jsonl")
    told = api.get(f"/v1/customers/{placed['customer']}").json()
    assert told["erased_at"] is not None
    assert api.get(f"/v1/customers/{again['customer']}").json()["name"] == "Ada Rossi"


def test_an_archive_shows_that_it_was_changed(api: Api, shop: Shop) -> None:
    placed = place(api, ("COAT", 1), delivery=HOME)
    held = api.get(f"/v1/customers/{placed['customer']}/archive").content
    found = verify(held)
    assert sorted(found.files) == ["openings.json", "orders.json", "profile.json"]
    with pytest.raises(Refusal, match="archive_broken"):
        verify(held, public=bytes(32))
    for at in range(0, len(held), max(1, len(held) // 40)):
        changed = held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :]
        with suppress(Refusal):
            assert verify(changed) == found  # A date or a mode of the zip itself: it says nothing.
    assert parse_public_id("cus", found.about)
    assert timedelta(0) <= now() - found.made_at < timedelta(hours=1)
