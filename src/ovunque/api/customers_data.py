"""What the law gives customers: all that is known of them, and to be forgotten."""

from typing import Any

from fastapi import Response

from ovunque.access.model import Scope
from ovunque.api.bodies import Instant, Shown
from ovunque.api.call import Caller, need
from ovunque.api.customers import CustomerId
from ovunque.api.idempotent import Once
from ovunque.api.routing import resource
from ovunque.customers.model import Erasure
from ovunque.orders import archiving, forgetting
from ovunque.orders.archiving import ArchiveRequest
from ovunque.platform import clock
from ovunque.platform.sealing.signing import open_signer

router = resource("customers")
CUSTOMERS = [need(Scope.CUSTOMERS)]
ZIP = "application/zip"
ZIP_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}
}


class ErasureAnswer(Shown):
    customer: CustomerId
    asked_at: Instant
    erased_at: Instant | None


@router.post(
    "/customers/{customer_id}/erasures",
    status_code=201,
    response_model=ErasureAnswer,
    dependencies=CUSTOMERS,
)
def post_erasure(customer_id: CustomerId, call: Caller, once: Once) -> Response:
    """Forget a customer, within minutes; refused as long as orders of theirs are under way.

    What was sold and paid stays, without a name.
    """
    return once.run(lambda tx: show(forgetting.ask(tx, call.by, customer_id, call.now)))


@router.get(
    "/customers/{customer_id}/archive",
    response_class=Response,
    responses=ZIP_ANSWER,
    dependencies=CUSTOMERS,
)
def get_archive(customer_id: CustomerId, call: Caller) -> Response:
    """All that is known of a customer: a zip of JSON documents with a signed list of them."""
    signer = open_signer(call.services.settings.home, clock.new_seed())
    request = ArchiveRequest(customer_id=customer_id, signer=signer)
    made = call.transact(lambda tx: archiving.archive(tx, call.by, request, call.now))
    return Response(made, media_type=ZIP)


def show(asked: Erasure) -> ErasureAnswer:
    return ErasureAnswer(
        customer=asked.customer_id, asked_at=asked.asked_at, erased_at=asked.erased_at
    )
