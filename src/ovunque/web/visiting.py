"""One request by somebody with a browser: who they are, how they read, what they may send."""

import hashlib
import hmac
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode, urlsplit

import structlog
from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ovunque.access.admitting import Door
from ovunque.access.enrolling import list_people
from ovunque.access.entering import AGENT_LENGTH_MAX, find_session
from ovunque.access.model import (
    STORE_ROLES,
    Actor,
    Language,
    Person,
    Role,
    Scope,
    Session,
    Theme,
)
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import is_clean
from ovunque.network.model import Location
from ovunque.network.naming import list_given
from ovunque.platform import refusals
from ovunque.platform.database import Tx
from ovunque.platform.http import peer
from ovunque.platform.http.edge import visit_of as edge_visit_of
from ovunque.platform.http.express import ADMITTED
from ovunque.platform.http.peer import is_loopback
from ovunque.web import language, sentences
from ovunque.web.formatting import Formatter
from ovunque.web.house import House
from ovunque.web.naming import NameBook
from ovunque.web.pages import who

T = TypeVar("T")
log = structlog.get_logger()

TOKEN_LENGTH = 43
LANGUAGE_COOKIE = "ovunque_language"
MARK_COOKIES = ("__Host-ovunque_known", "ovunque_known")  # By https, and at home.
YEAR_SECONDS = 31_536_000
FALLBACK_ZONE = "UTC"
NEXT_LENGTH_MAX = 300
SEE_OTHER = 303
START = {Role.ADMIN: "/people", Role.SELLER: "/items"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a screen gets to work with."""

    request: Request
    house: House
    token: str = field(repr=False)  # Carried by the browser, known to the database or not yet.
    session: Session | None
    half: Session | None = None  # Whose password was right, and whose second factor is missing.
    language: Language
    now: datetime

    @property
    def opened(self) -> Session:
        assert self.session is not None, "the route lets nobody in who has not signed in"
        return self.session

    @property
    def person(self) -> Person:
        return self.opened.person

    @property
    def by(self) -> Actor:
        return self.person.actor

    @property
    def keeper(self) -> Actor:
        """An administrator gives programs what they need, without having it themselves."""
        assert self.person.role == Role.ADMIN, "only administrators keep keys"
        return replace(self.by, scopes=frozenset({Scope.ALL}))

    @property
    def lacks_factor(self) -> bool:
        """Whether they showed a password alone where the house asks for more."""
        return self.house.settings.second_factor == "demanded" and not self.opened.is_strong

    @property
    def location(self) -> Location | None:
        """Where this person works; none: everywhere."""
        if self.session is None or self.session.person.location_id is None:
            return None
        network = self.house.snapshot().network
        return network.locations[network.position_of[self.session.person.location_id]]

    @property
    def formatter(self) -> Formatter:
        network = self.house.snapshot().network
        first = next(iter(network.by_code.values()), None)
        place = self.location or first
        return Formatter(self.language, place.time_zone if place else FALLBACK_ZONE, self.now)

    @property
    def currency(self) -> str:
        """What prices of the catalog are in: it knows one currency, that of the house."""
        return self.house.snapshot().network.currency

    @property
    def form_key(self) -> str:
        """What a form of ours carries: nobody without the browser's token can make it up."""
        return hashlib.sha256(b"form:" + self.token.encode()).hexdigest()

    @property
    def is_known(self) -> bool:
        """Whether the gate knows this browser, or where it stands."""
        return self.request.scope.get(ADMITTED) == Door.KNOWN

    @property
    def mark(self) -> str:
        """What the browser carries since somebody came in from it."""
        return self.request.cookies.get(mark_cookie(self.request), "")

    def let_in(self, address: str, login: str, token: str) -> Response:
        """They were who they said: on with a new session, and the gate knows their browser."""
        keeper = self.house.doorkeeper
        keeper.come_in(login, address_of(self.request)[:64])
        response = self.go(address)
        set_token(self.request, response, token)
        if not keeper.is_of(self.mark, login):
            mark = keeper.mark(self.house.new_secret(), login)
            keep(self.request, response, mark_cookie(self.request), mark)
        return response

    def draw(self, size: int) -> bytes:
        """Chance for a salt or a secret, 32 bytes at most."""
        return urlsafe_b64decode(self.house.new_secret() + "=")[:size]

    def read(self, work: Callable[[Tx], T]) -> T:
        """Read as this person may: the database itself keeps other stores' work from a store."""
        at = self.session.person.location_id if self.session else None
        if at is None:
            return self.house.database.read(work)
        return self.house.database.read_at(at, work)

    def read_doors(self, work: Callable[[Tx], T]) -> T:
        """Read what no store may: invitations, one's own sessions, factors and devices."""
        return self.house.database.read(work)

    @property
    def names(self) -> NameBook:
        """What people call what programs know by a code, asked for when the first is wanted."""
        places = self.house.snapshot().network.by_code
        return NameBook(lambda: self.read(list_given), self.list_people, places)

    def list_people(self) -> Mapping[str, str]:
        """The names of all people by their logins: who signed something is no secret here."""
        return {each.login: each.name for each in self.read_doors(list_people)}

    def transact(self, work: Callable[[Tx], T]) -> T:
        return self.house.database.transact(work)

    def page(self, template: str, /, status: int = 200, **context: Any) -> Response:
        """A page in this reader's language, never kept by anybody on the way."""
        names = self.names
        response = self.house.pages.respond(
            self.language,
            template,
            status=status,
            visit=self,
            person=self.session.person if self.session else None,
            path=self.request.url.path,
            here=local_address(self.request),
            f=self.formatter,
            name_of=names,
            who=lambda actor: names.person(actor) or who(self.language, actor),
            form_key=self.form_key,
            theme=self.session.person.theme if self.session else Theme.SYSTEM,
            **context,
        )
        if cookie_name(self.request) not in self.request.cookies:
            set_token(self.request, response, self.token)
        return response

    def go(self, address: str) -> Response:
        """After a form: look at what it did. A reload then repeats nothing."""
        return RedirectResponse(address, SEE_OTHER)

    def refuse(self, refusal: Refusal) -> Response:
        """The page that says no, and why."""
        return self.page(
            "failure.html",
            status=refusals.status_of(refusal),
            title=language.title_of(self.language, refusal),
            text=self.explain(refusal),
            faults=self.faults_of(refusal),
        )

    def explain(self, refusal: Refusal) -> str:
        return sentences.explain(self.language, refusal)

    def faults_of(self, refusal: Refusal | None) -> list[str]:
        return sentences.faults_of(self.language, refusal)

    def note_refused(self, by: str, refusal: Refusal, who: str | None = None) -> None:
        """A line in the log of who was not let in; `who` only where we know the name."""
        log.warning(
            "door.refused",
            by=by,
            code=refusal.code,
            who=who,
            address=address_of(self.request)[:64],
            why=refusal.details.get("why"),
        )

    def is_from_our_form(self, told: str) -> bool:
        """Whether a form came from a page of ours, in this browser."""
        site = self.request.headers.get("sec-fetch-site")
        if site is not None and site not in ("same-origin", "none"):
            return False
        origin = self.request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != self.request.headers.get("host"):
            return False
        return hmac.compare_digest(told.encode(), self.form_key.encode())


async def open_visit(request: Request, house: House) -> Visit:
    """Whoever comes with this request, signed in or not."""
    now = house.clock()
    carried = request.cookies.get(cookie_name(request), "")
    known = len(carried) == TOKEN_LENGTH and carried.isascii()
    session = half = None
    if known:
        session = await run_in_threadpool(find_session, house.database, carried, now)
    if session is not None and session.is_half:
        session, half = None, session
    if session is not None:
        edge_visit_of(request.scope).actor = session.person.actor
    preferred = (session.person.language if session else None, language_cookie(request))
    return Visit(
        request=request,
        house=house,
        token=carried if known else house.new_secret(),
        session=session,
        half=half,
        language=language.choose(request.headers.get("accept-language", ""), preferred),
        now=now,
    )


def language_cookie(request: Request) -> str | None:
    return request.cookies.get(LANGUAGE_COOKIE)


def cookie_name(request: Request) -> str:
    """A name that a browser binds to this host and to https; at home there is no https."""
    return "ovunque" if is_loopback(request.url.hostname or "") else "__Host-ovunque"


def set_token(request: Request, response: Response, token: str) -> None:
    response.set_cookie(
        cookie_name(request),
        token,
        secure=not is_loopback(request.url.hostname or ""),
        httponly=True,
        samesite="lax",
    )


def mark_cookie(request: Request) -> str:
    return MARK_COOKIES[is_loopback(request.url.hostname or "")]


def keep(request: Request, response: Response, name: str, value: str) -> None:
    """A cookie that stays for a year."""
    response.set_cookie(
        name,
        value,
        max_age=YEAR_SECONDS,
        secure=not is_loopback(request.url.hostname or ""),
        httponly=True,
        samesite="lax",
    )


def address_of(request: Request) -> str:
    return peer.address_of(request.scope)


def bucket_of(request: Request) -> str:
    """Whose bounds count: this browser's, or of everybody without a cookie at its address."""
    carried = request.cookies.get(cookie_name(request), "")
    return carried if len(carried) == TOKEN_LENGTH else address_of(request)


def origin_of(request: Request) -> str:
    """Where browsers find us: by https, except at home; a proxy speaks to us without it."""
    scheme = "http" if is_loopback(request.url.hostname or "") else "https"
    return f"{scheme}://{request.url.netloc}"


def agent_of(request: Request) -> str:
    """The browser as it calls itself, for its owner to recognize."""
    told = request.headers.get("user-agent", "")
    return "".join(letter for letter in told if letter.isprintable())[:AGENT_LENGTH_MAX]


def local_address(request: Request) -> str:
    """Path and query of this page."""
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def safe_next(told: str | None) -> str:
    """Where to go on to: an address of our own, or the start."""
    if not told or len(told) > NEXT_LENGTH_MAX or not is_clean(told):
        return "/"
    sound = told.startswith("/") and not told.startswith(("//", "/\\"))
    return told if sound and "\n" not in told and "\r" not in told else "/"


def to_sign_in(request: Request) -> Response:
    """Ask who they are, and come back here afterwards."""
    wanted = local_address(request) if request.method in ("GET", "HEAD") else "/"
    if page := request.headers.get("hx-current-url"):  # A part of a page was asked for.
        shown = urlsplit(page)
        wanted = shown.path + (f"?{shown.query}" if shown.query else "")
    address = "/sign-in" if wanted == "/" else f"/sign-in?{urlencode({'next': wanted})}"
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, SEE_OTHER)


def start_of(person: Person) -> str:
    """The first screen of a role."""
    if person.role in START:
        return START[person.role]
    return "/tasks" if person.role in STORE_ROLES else "/orders"


def visit_of(request: Request) -> Visit:
    visit: Visit = request.state.visit
    return visit


Visiting = Annotated[Visit, Depends(visit_of)]
