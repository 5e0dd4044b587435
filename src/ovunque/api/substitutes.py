"""What may go instead of an item that is not found when it is picked."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Shown
from ovunque.api.call import Caller, need
from ovunque.api.identifiers import Code
from ovunque.api.routing import resource
from ovunque.catalog.substituting import (
    SUBSTITUTES_MAX,
    Substitute,
    list_substitutes,
    set_substitutes,
)

router = resource("items")

Sku = Annotated[Code, Query(description="The item that may not be found.")]


class SubstituteNamed(Body):
    """`asks`: it goes only if the customer agrees."""

    sku: Code
    asks: bool = True


class SubstitutesBody(Body):
    """The best first; none: nothing goes instead."""

    sku: Code
    substitutes: list[SubstituteNamed] = Field(max_length=SUBSTITUTES_MAX)


class SubstituteShown(Shown):
    sku: str
    asks: bool


class SubstitutesShown(Shown):
    sku: str
    substitutes: list[SubstituteShown]


@router.get("/substitutes", dependencies=[need(Scope.READ)])
def get_substitutes(sku: Sku, call: Caller) -> SubstitutesShown:
    """What may go instead of an item, the best first."""
    found = call.read(lambda tx: list_substitutes(tx, [sku])).get(sku, ())
    return SubstitutesShown(
        sku=sku, substitutes=[SubstituteShown(sku=each.sku, asks=each.asks) for each in found]
    )


@router.put("/substitutes", dependencies=[need(Scope.CONFIG)])
def put_substitutes(body: SubstitutesBody, call: Caller) -> SubstitutesShown:
    """These may go instead from now on, and no others."""
    told = [Substitute(sku=each.sku, asks=each.asks) for each in body.substitutes]
    call.transact(lambda tx: set_substitutes(tx, call.by, body.sku, told, call.now))
    return SubstitutesShown(
        sku=body.sku, substitutes=[SubstituteShown(sku=each.sku, asks=each.asks) for each in told]
    )
