"""Tokens: what was promised, sealed so that only we can read it and nobody can change it.

A JWE (`dir`, A256GCM) whose plaintext is a small JSON array. Keys lie in the database, so that
every process opens what another has sealed; the newest seals.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import count
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OctKey

from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Database, Tx
from ovunque.platform.journal import Entry
from ovunque.promise import store
from ovunque.promise.events import PRICES_PUBLISHED
from ovunque.promise.model import Basis, Option, Pledge, PriceBook, address_line
from ovunque.promise.store.pricing import find_published
from ovunque.sourcing.model import PromisedParcel

VERSION = 3
FIRST_KEY = 1
IV_BYTES, TAG_BYTES = 12, 16  # Of AES in GCM.
STALE_SECONDS, BLIND_SECONDS = 5.0, 60.0
HEADER = {"alg": "dir", "enc": "A256GCM"}
DRAWERS = (store.SECRETS,)
REGISTRY = jwe.JWERegistry(algorithms=["dir", "A256GCM"])


class SealedParcel(msgspec.Struct, array_like=True, frozen=True):
    location_id: UUID
    carrier_service_id: UUID | None
    units: list[tuple[str, int]]
    basis: tuple[str, int, int, int]  # Level, parcels, days, when it leaves.


class Sealed(msgspec.Struct, array_like=True, frozen=True):
    """The plaintext; instants in seconds."""

    version: int
    expires: int
    channel: str
    service: str
    destination: str
    lines: list[tuple[str, int]]
    parcels: list[SealedParcel]
    earliest: int
    latest: int
    customer_price: int
    emissions_g: int
    confidence_ppm: int
    cost_cents: int


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Sealed).decode


class Sealer:
    """Seals options and opens tokens; each seal is unlike all others of this process and others.

    `fresh` is a secret of this process alone: what it numbers, nobody numbers alike.
    """

    def __init__(self, keys: Mapping[int, bytes], fresh: bytes = b"") -> None:
        self._fresh, self._count = fresh, count()
        self._keys = {str(nth): OctKey.import_key(secret) for nth, secret in keys.items()}
        self._current = str(max(keys))
        self._cipher = AESGCM(keys[max(keys)])
        self._header = _b64(_encode({**HEADER, "kid": self._current})).encode()

    def seal(self, channel: str, option: Option, expires_at: datetime) -> str:
        """The token of an option: bound to its channel, its lines and its destination."""
        sealed = Sealed(
            version=VERSION,
            expires=int(expires_at.timestamp()),
            channel=channel,
            service=option.service,
            destination=destination_of(option),
            lines=sorted(option.lines),
            parcels=[
                SealedParcel(
                    each.location_id,
                    each.carrier_service_id,
                    list(each.units),
                    (each.basis.level, each.basis.weight, each.basis.days, each.basis.leaves),
                )
                for each in option.parcels
            ],
            earliest=int(option.earliest.timestamp()),
            latest=int(option.latest.timestamp()),
            customer_price=option.customer_price,
            emissions_g=option.emissions_g,
            confidence_ppm=option.confidence_ppm,
            cost_cents=option.cost_cents,
        )
        return self._encrypt(_encode(sealed))

    def _encrypt(self, plain: bytes) -> str:
        """A compact JWE with a direct key: what joserfc makes of it, at a tenth of the time."""
        nth = next(self._count).to_bytes(8)
        iv = blake2b(nth, key=self._fresh, digest_size=IV_BYTES).digest()
        sealed = self._cipher.encrypt(iv, plain, self._header)
        body, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
        return ".".join([self._header.decode(), "", _b64(iv), _b64(body), _b64(tag)])

    def open(self, token: str) -> Pledge:
        """What was promised; refused when we did not seal it."""
        try:
            opened = jwe.decrypt_compact(token, self._key_of, registry=REGISTRY)
            assert opened.plaintext is not None
            sealed = _decode(opened.plaintext)
        except (JoseError, ValueError, KeyError, msgspec.MsgspecError):
            raise Refusal("promise_invalid", detail="it was not sealed here") from None
        if sealed.version != VERSION:
            raise Refusal("promise_invalid", detail="it was sealed by another version")
        return Pledge(
            channel=sealed.channel,
            service=sealed.service,
            destination=sealed.destination,
            lines=tuple(sealed.lines),
            parcels=tuple(
                PromisedParcel(
                    location_id=each.location_id,
                    carrier_service_id=each.carrier_service_id,
                    units=tuple(each.units),
                )
                for each in sealed.parcels
            ),
            earliest=datetime.fromtimestamp(sealed.earliest, UTC),
            latest=datetime.fromtimestamp(sealed.latest, UTC),
            customer_price=sealed.customer_price,
            emissions_g=sealed.emissions_g,
            expires_at=datetime.fromtimestamp(sealed.expires, UTC),
            confidence_ppm=sealed.confidence_ppm,
            cost_cents=sealed.cost_cents,
            basis=tuple(Basis(*each.basis) for each in sealed.parcels),
        )

    def _key_of(self, sealed: GuestProtocol) -> OctKey:
        return self._keys[str(sealed.headers()["kid"])]


def _b64(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def destination_of(option: Option) -> str:
    """Where an option goes, in one line."""
    if option.location_id is not None:
        return str(option.location_id)
    assert option.address is not None
    return address_line(option.address.country, option.address.postal_code)


@dataclass(slots=True, kw_only=True)
class Promises:
    """What promising needs besides the snapshot: what seals, and what customers pay."""

    sealer: Sealer
    prices: PriceBook  # Those that count now.
    lag_seconds: Callable[[], float] = lambda: 0.0  # Of the snapshot, behind the journal.

    @property
    def is_stale(self) -> bool:
        """Whether what is said may have changed already."""
        return self.lag_seconds() >= STALE_SECONDS

    @property
    def is_blind(self) -> bool:
        """Whether the snapshot is so old that nothing should be planned on it."""
        return self.lag_seconds() >= BLIND_SECONDS

    def apply(self, database: Database, entries: Sequence[Entry]) -> None:
        """Take over other prices when the journal tells of them."""
        if any(entry.kind == PRICES_PUBLISHED for entry in entries):
            self.prices = database.read(_prices)


def load(tx: Tx, fresh: bytes, now: datetime) -> Promises:
    """Keys and prices of this database; the first process of all adds the first key."""
    store.add_key(tx, FIRST_KEY, fresh, now)
    return Promises(sealer=Sealer(store.list_keys(tx), fresh), prices=_prices(tx))


def _prices(tx: Tx) -> PriceBook:
    return PriceBook(find_published(tx).rows)
