"""Lines whose fields are called otherwise, as those of files may be."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.conftest import Api, key_maker
from tests.api.test_lines import (
    COAT,
    COUNTS,
    MI,
    MOVEMENTS,
    TEN,
    bring,
    count,
    lines,
    moved,
    on_hand,
    send,
)

from ovunque.api.application import create_api
from ovunque.api.call import Services
from ovunque.api.routes import HOT, ROUTERS
from ovunque.app import answer_in_loop, furnish
from ovunque.integrations.files.kinds import KINDS
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.platform.settings import Settings


@pytest.fixture
def services(database: Database, tmp_path: Path) -> Iterator[Services]:
    with furnish(Settings(home=tmp_path / "home"), database, answer_in_loop) as furnished:
        yield furnished


@pytest.fixture
def api(services: Services, tmp_path: Path) -> Iterator[Api]:
    for kind in ("legal-entities", "locations", "items"):
        bring(services, tmp_path, kind, KINDS[kind].template)
    assert wait_until(lambda: MI in services.snapshot().network.by_code, seconds=20)
    assert wait_until(lambda: COAT in services.snapshot().catalog.items, seconds=20)
    asking = Api(create_api(services, ROUTERS, HOT), key_maker(services)())
    yield asking
    asking.close()


def test_fields_called_otherwise_are_named_in_the_address_and_remembered(
    api: Api, services: Services
) -> None:
    row = count(4)
    row["Giacenza"], row["Negozio"] = row.pop("on_hand"), row.pop("location")
    assert send(api, COUNTS, lines([row])).status_code == 422
    named = f"{COUNTS}&map=Giacenza%3Don_hand&map=Negozio%3Dlocation"
    assert send(api, named, lines([row])).json()["changed"] == 1
    later = row | {"Giacenza": 9, "as_of": TEN}
    assert send(api, COUNTS, lines([later])).json()["changed"] == 1
    assert on_hand(services) == 9
    receipt = moved("m-1")
    receipt["Pezzi"] = receipt.pop("quantity")
    told = send(api, f"{MOVEMENTS}&map=Pezzi%3Dquantity", lines([receipt]))
    assert told.json()["booked"] == 1, told.text
    for address in (f"{COUNTS}&map=on_hand", f"{MOVEMENTS}&map=Pezzi%3Dunits"):
        refused = send(api, address, lines([row])).json()
        assert [each["pointer"] for each in refused["errors"]] == ["query:map"]
