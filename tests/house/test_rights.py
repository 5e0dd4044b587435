"""No route of the API without an entry among the rights, and none that lets everybody in."""

import pytest
from fastapi import APIRouter
from tests.house.rights import OPEN, RIGHTS, wrongs
from tests.house.source import keeps

from ovunque.access.model import Scope
from ovunque.api import system
from ovunque.api.call import need
from ovunque.api.routes import HOT, ROUTERS
from ovunque.api.routing import StrictRoute, resource
from ovunque.app import FOR_PROGRAMS


def test_every_route_is_entered_with_the_scope_that_it_asks_for() -> None:
    keeps(wrongs(ROUTERS, HOT))


def test_what_is_open_to_the_street_is_known() -> None:
    assert sorted(route.path for route in system.ROUTES) == sorted(OPEN)


def test_every_address_for_programs_reaches_them() -> None:
    """Pages and programs share one address: what is not for programs by its path is a page."""
    addresses = {*OPEN, *(name.partition(" ")[2] for names in RIGHTS.values() for name in names)}
    assert [each for each in sorted(addresses) if not each.startswith(FOR_PROGRAMS)] == []


def planted(path: str, scope: Scope) -> APIRouter:
    router = resource("planted")

    @router.get(path, dependencies=[need(scope)])
    def get_planted() -> None:
        """Something that somebody added in a hurry."""

    return router


def test_a_route_that_nobody_entered_is_found() -> None:
    found = wrongs((*ROUTERS, planted("/secrets", Scope.READ)), HOT)
    assert "GET /v1/secrets: asks for read, entered as None" in found


def test_a_route_that_asks_for_less_is_found() -> None:
    others = [each for each in ROUTERS if not any(r.path == "/v1/keys" for r in each.routes)]  # type: ignore[attr-defined]
    found = wrongs((*others, planted("/keys", Scope.READ)), HOT)
    assert "GET /v1/keys: asks for read, entered as config" in found


def test_a_route_without_a_guard_does_not_even_start() -> None:
    router = APIRouter(route_class=StrictRoute)
    with pytest.raises(AssertionError, match="names one scope that it needs"):

        @router.get("/v1/secrets")
        def get_secrets() -> None:
            """Nobody said for whom this is."""
