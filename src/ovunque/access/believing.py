"""What a provider says of somebody: an ID token, checked before a word of it is believed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ovunque.access.model import Provider, Vouched

# Public keys only: whoever knows what we know can sign nothing.
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
TOKEN_LENGTH_MAX = 20_000
TEXT_LENGTH_MAX = 255
NEVER = datetime.fromtimestamp(0, UTC)
DRIFT = timedelta(minutes=1)  # Between their clock and ours.
GROUPS_MAX = 500


class NotBelieved(Exception):  # noqa: N818 - an answer, not a failure
    """This token says nothing to us; the message says why, for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token has to answer to."""

    provider: Provider
    nonce: str
    now: datetime


def read(token: str, keys_of: Callable[[str | None], KeySet], expected: Expected) -> Vouched:
    """What a provider vouches for; `NotBelieved` when it is not theirs, not for us or not now."""
    if len(token) > TOKEN_LENGTH_MAX:
        raise NotBelieved("too long")
    try:
        kid = jws.extract_compact(token.encode()).headers().get("kid")
        keys = keys_of(kid if isinstance(kid, str) else None)
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError) as error:
        raise NotBelieved(type(error).__name__) from None
    if wrong := wrong_with(claims, expected):
        raise NotBelieved(wrong)
    return vouched(claims, expected.provider)


def wrong_with(claims: Mapping[str, Any], expected: Expected) -> str | None:
    """Why this is not believed (OpenID Connect Core, 3.1.3.7); None when it is."""
    provider, now = expected.provider, expected.now
    told = claims.get("aud")
    audience = told if isinstance(told, list) else [told]
    wrongs = (
        ("another issuer", claims.get("iss") != provider.issuer),
        ("for another audience", provider.client_id not in audience),
        ("for another party", claims.get("azp", provider.client_id) != provider.client_id),
        ("for several parties", len(audience) > 1 and "azp" not in claims),
        ("another nonce", claims.get("nonce") != expected.nonce),
        ("expired", instant(claims.get("exp")) + DRIFT <= now),
        ("from the future", not NEVER < instant(claims.get("iat")) <= now + DRIFT),
        ("nobody", not text(claims.get("sub"))),
        ("not strongly enough", provider.strength not in (None, claims.get("acr"))),
    )
    return next((why for why, is_wrong in wrongs if is_wrong), None)


def vouched(claims: Mapping[str, Any], provider: Provider) -> Vouched:
    login = text(claims.get(provider.login_claim)).lower().partition("@")[0]
    return Vouched(
        subject=text(claims["sub"]),
        name=text(claims.get("name")) or login,
        login=login,
        groups=frozenset(texts(claims.get(provider.role_claim or ""))),
        places=texts(claims.get(provider.location_claim or "")),
        shown_at=instant(claims.get("auth_time")),
    )


def text(told: object) -> str:
    """A line that may be kept; nothing where it is none."""
    sound = isinstance(told, str) and len(told) <= TEXT_LENGTH_MAX and told.isprintable()
    return str(told).strip() if sound else ""


def texts(told: object) -> tuple[str, ...]:
    many = told if isinstance(told, list) else [told]
    return tuple(filter(None, map(text, many[:GROUPS_MAX])))


def instant(told: object) -> datetime:
    """A moment in seconds; long ago where it is none."""
    if isinstance(told, bool) or not isinstance(told, int | float):
        return NEVER
    try:
        return datetime.fromtimestamp(told, UTC)
    except (OverflowError, ValueError, OSError):
        return NEVER
