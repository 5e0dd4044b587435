"""What is not found: the store sees what may go instead, and says how the customer agreed."""

from datetime import datetime
from typing import Any

from tests.factories import TESTER
from tests.web.conftest import Browser, NewPerson
from tests.web.test_journey import JACKET, SCARF

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.catalog.substituting import Substitute, set_substitutes
from ovunque.platform import clock


def allow(services: Services, now: datetime) -> None:
    told = [Substitute(sku=SCARF, asks=True)]
    services.database.transact(lambda tx: set_substitutes(tx, TESTER, JACKET, told, now))


def test_a_substitute_is_chosen_where_it_is_missing(
    browser: Browser, services: Services, new_person: NewPerson, offered: dict[str, Any]
) -> None:
    allow(services, clock.now())
    task = f"/tasks/{offered['fulfillments'][0]['id']}"
    new_person("marta", Role.ASSOCIATE)
    browser.sign_in("marta")
    browser.get(task)
    browser.post(f"{task}/acceptance")
    assert f'name="instead" value="{SCARF}"' in browser.get(task).text
    missing = {"sku": JACKET, "quantity": 1, "reason": "damaged", "instead": SCARF}
    refused = browser.post(f"{task}/shortages", **missing, consent="")
    assert refused.status_code == 409
    browser.get(task)
    assert browser.post(f"{task}/shortages", **missing, consent="phone").status_code == 303
    page = browser.get(task).text
    assert f'id="pick-{SCARF}"' in page
