"""Devices of a store: bound, listed, revoked, and entered by a PIN."""

from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.access import binding, hashing
from ovunque.access.binding import DeviceRequest, PinRequest
from ovunque.access.model import Device, Role
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.web.screens import MANAGERS, Form, open_screens, proof, screens
from ovunque.web.visiting import (
    Visit,
    Visiting,
    address_of,
    agent_of,
    cookie_name,
    keep,
    safe_next,
)

TOKEN_LENGTH_MAX = 100

door = open_screens()
router = screens(MANAGERS | {Role.ADMIN})


class PinForm(Form):
    login: str = Field(default="", max_length=64)
    pin: str = Field(default="", max_length=20)
    next: str = ""


class DeviceForm(Form):
    name: str = Field(default="", max_length=100)
    location: str = Field(default="", max_length=64)


@door.post("/sign-in/pin")
def post_pin(visit: Visiting, form: Annotated[PinForm, fastapi.Form()]) -> Response:
    """In by a PIN, on a device of one's own store only."""
    device = device_of(visit)
    if device is None:
        return visit.go("/sign-in")
    token = visit.house.new_secret()
    request = PinRequest(
        device=device,
        login=form.login,
        pin=form.pin,
        session_id=visit.house.new_id(),
        address=address_of(visit.request)[:64],
        agent=agent_of(visit.request),
        token=token,
        line=hashing.KNOWN if visit.is_known else hashing.STREET,
    )
    try:
        binding.enter_by_pin(visit.house.database, request, visit.now)
    except Refusal as refusal:
        visit.note_refused("pin", refusal)
        return show_pin(visit, device, form.next, refusal, form.login)
    return visit.let_in(safe_next(form.next), form.login, token)


@router.get("/devices")
def get_devices(visit: Visiting) -> Response:
    """Which browsers belong to the store, or to all of them."""
    return show(visit)


@router.post("/devices", dependencies=[proof()])
def post_device(visit: Visiting, form: Annotated[DeviceForm, fastapi.Form()]) -> Response:
    """This browser belongs to a store from now on: its people enter here by a PIN."""
    place = visit.location or visit.house.snapshot().network.by_code.get(form.location)
    token = visit.house.new_secret()
    try:
        if place is None:
            raise Refusal("not_found", what="location")
        request = DeviceRequest(
            id=visit.house.new_id(), name=form.name.strip(), location_id=place.id, token=token
        )
        visit.transact(lambda tx: binding.bind_device(tx, visit.by, request, visit.now))
    except Refusal as refusal:
        return show(visit, refusal)
    response = visit.go("/devices")
    set_device(visit, response, token)
    return response


@router.post("/devices/{device_id}/revocation", dependencies=[proof()])
def post_revocation(
    visit: Visiting, device_id: str, _: Annotated[Form, fastapi.Form()]
) -> Response:
    """It opens nothing any more; whoever is signed in there is out."""
    id_ = parse_public_id("dev", device_id)
    visit.transact(lambda tx: binding.revoke_device(tx, visit.by, id_, visit.now))
    return visit.go("/devices")


def show(visit: Visit, refusal: Refusal | None = None) -> Response:
    network = visit.house.snapshot().network
    here = device_of(visit)
    return visit.page(
        "doors/devices.html",
        status=refusals.status_of(refusal) if refusal else 200,
        asked="",
        refusal=visit.explain(refusal) if refusal else None,
        devices=[
            (each, public_id("dev", each.id), here is not None and here.id == each.id)
            for each in visit.read_doors(lambda tx: binding.list_devices(tx, visit.by))
        ],
        places={each.id: each.name for each in network.locations},
        locations=sorted(network.by_code.values(), key=lambda each: each.name),
    )


def show_pin(
    visit: Visit, device: Device, next_: str, refusal: Refusal | None = None, login: str = ""
) -> Response:
    """The people of the store by name, and a field for six digits."""
    network = visit.house.snapshot().network
    return visit.page(
        "doors/pin.html",
        status=refusals.status_of(refusal) if refusal else 200,
        people=visit.read_doors(lambda tx: binding.list_who_may(tx, device)),
        device=device,
        place=network.locations[network.position_of[device.location_id]],
        login=login,
        next=safe_next(next_),
        refusal=visit.explain(refusal) if refusal else None,
    )


def device_of(visit: Visit) -> Device | None:
    """Which device this browser is, if any."""
    told = visit.request.cookies.get(device_cookie(visit), "")
    if not told or len(told) > TOKEN_LENGTH_MAX:
        return None
    return visit.read_doors(lambda tx: binding.find_device(tx, told))


def device_cookie(visit: Visit) -> str:
    return f"{cookie_name(visit.request)}_device"


def set_device(visit: Visit, response: Response, token: str) -> None:
    keep(visit.request, response, device_cookie(visit), token)
