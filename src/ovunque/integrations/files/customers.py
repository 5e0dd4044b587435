"""Files of customers, known by external id or e-mail."""

from collections.abc import Hashable, Iterable, Iterator
from datetime import UTC, datetime
from uuid import UUID

from ovunque.customers import rules
from ovunque.customers.model import Customer, CustomerRequest
from ovunque.customers.saving import save_customers
from ovunque.integrations.files import standing
from ovunque.integrations.files.cells import NONE, TEXT
from ovunque.integrations.files.columns import Column, Columns
from ovunque.integrations.files.table import Faults, Table, export_of

SOMETIME = datetime(1970, 1, 1, tzinfo=UTC)


class CustomersAround:
    """Whose each key is: of each person as little as the rules ask for, since there are many."""

    looks = 1

    def __init__(self, customers: Iterable[Customer]) -> None:
        self._owners: dict[str, UUID] = {}
        self._external_ids: dict[UUID, str | None] = {}
        for each in customers:
            self._external_ids[each.id] = each.external_id
            self._owners.update(dict.fromkeys(rules.keys_of(each), each.id))

    def keys(self, request: CustomerRequest) -> Iterator[tuple[str, Hashable]]:
        """What the row names somebody by, and whom it names."""
        for key in rules.keys_of(request):
            yield key.partition(":")[0], key
        if standing_id := self._standing_id(request):
            yield "email", standing_id

    def meet(self, request: CustomerRequest) -> Faults:
        faults = rules.check_customer(request)
        standing_id = self._standing_id(request)
        if faults or standing_id is None:
            return faults
        person = Customer(
            id=standing_id,
            external_id=self._external_ids[standing_id],
            name=request.name,
            created_at=SOMETIME,
            version=1,
        )
        return rules.check_owner(request, person, self._owners)

    def meet_again(self, _: CustomerRequest, /) -> Faults:
        return ()

    def _standing_id(self, request: CustomerRequest) -> UUID | None:
        own = rules.keys_of(request)
        return next((self._owners[key] for key in own if key in self._owners), None)


COLUMNS = Columns(
    fixed=(
        Column("external_id", NONE),
        Column("email", NONE),
        Column("name", TEXT),
        Column("phone", NONE),
        Column("language", NONE),
    )
)
CUSTOMERS = Table(
    name="customers",
    columns=COLUMNS,
    build=CustomerRequest,
    around=lambda tx: CustomersAround(standing.customers(tx)),
    save=save_customers,
    export=export_of(COLUMNS, standing.customers),
    template="""\
external_id,email,name,phone,language
crm-4711,anna.riva@example.org,Anna Riva,+39 051 5550123,it
crm-4712,jules.martin@example.org,Jules Martin,,fr
""",
)
