"""Providers as they describe themselves: where people are sent, and with which keys they sign."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ovunque.access.ports import Outside, ProviderSilent

KEPT = timedelta(hours=1)
AGAIN_AFTER = timedelta(seconds=10)  # Unknown keys make us look again, not all the time.
SCHEMES = ("https://", "http://")
DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """What a provider's own description says."""

    authorization: str
    exchange: str
    keys: str
    by_basic: bool  # Whether our secret goes into a header; else into the form.


class Directory:
    """What providers say of themselves, kept for an hour; keys are looked up when one is new."""

    def __init__(self, outside: Outside) -> None:
        self.outside = outside
        self._endpoints: dict[str, tuple[Endpoints, datetime]] = {}
        self._keys: dict[str, tuple[KeySet, datetime]] = {}
        self._lock = Lock()

    def endpoints(self, issuer: str, now: datetime) -> Endpoints:
        found = self._endpoints.get(issuer)
        if found is None or now - found[1] >= KEPT:
            told = self.outside.get(issuer.rstrip("/") + DISCOVERY)
            found = (endpoints_of(told, issuer), now)
            with self._lock:
                self._endpoints[issuer] = found
        return found[0]

    def keys(self, issuer: str, kid: str | None, now: datetime) -> KeySet:
        """The keys a provider signs with; a key that nobody knows is looked for once more."""
        found = self._keys.get(issuer)
        if found is not None and now - found[1] < KEPT:
            known = kid is None or kid in {each.kid for each in found[0].keys}
            if known or now - found[1] < AGAIN_AFTER:
                return found[0]
        told = self.outside.get(self.endpoints(issuer, now).keys)
        try:
            keys = KeySet.import_key_set({"keys": list(told["keys"])})
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise ProviderSilent(f"its keys make no sense: {type(error).__name__}") from None
        with self._lock:
            self._keys[issuer] = (keys, now)
        return keys


def endpoints_of(told: Mapping[str, Any], issuer: str) -> Endpoints:
    """The description of this very issuer, and of no other."""
    if told.get("issuer") != issuer:
        raise ProviderSilent("it describes another issuer")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    addresses = [told.get(name) for name in names]
    for each in addresses:
        if not isinstance(each, str) or not each.startswith(SCHEMES):
            raise ProviderSilent("its description lacks an address")
    authorization, exchange, keys = map(str, addresses)
    methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Endpoints(
        authorization=authorization,
        exchange=exchange,
        keys=keys,
        by_basic="client_secret_basic" in methods,
    )
