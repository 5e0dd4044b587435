"""What people call what programs know by a code."""

from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, Field, Strict, StringConstraints

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Shown, one_line
from ovunque.api.call import Caller, need
from ovunque.api.identifiers import Code
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.network import naming
from ovunque.network.model import NameableKind, Named
from ovunque.network.naming import NAME_LENGTH_MAX

router = resource("network")

Kind = Annotated[NameableKind | None, Query(description="Of what; none: of everything.")]
GivenName = Annotated[
    str, StringConstraints(min_length=1, max_length=NAME_LENGTH_MAX), AfterValidator(one_line)
]


class NameBody(Body):
    kind: Annotated[NameableKind, Strict(False)]
    code: Code
    name: GivenName | None = Field(description="What people read; null: the code again.")


class NameShown(Shown):
    kind: NameableKind
    code: str
    name: str | None


@router.get("/names", dependencies=[need(Scope.READ)])
def list_names(call: Caller, page: Paging, kind: Kind = None) -> Listed[NameShown]:
    """Carriers, zones, protections and sources, and what people call them."""
    first, code = page.after_parts(2)
    found = call.read(lambda tx: naming.list_nameable(tx, kind, (first, code), page.rows_max))
    return page.show(found, shown, lambda each: f"{each.kind} {each.code}")


@router.put("/names", dependencies=[need(Scope.CONFIG)])
def put_name(body: NameBody, call: Caller) -> NameShown:
    """From now on people read this name, with the code beside it."""
    named = Named(body.kind, body.code, body.name)
    call.transact(lambda tx: naming.give_name(tx, call.by, named, call.now))
    return shown(named)


def shown(named: Named) -> NameShown:
    return NameShown(kind=NameableKind(named.kind), code=named.code, name=named.name)
