"""Who may try to get in at this moment: decided from memory, before anything costs anything.

A try costs 40 ms of a core. A crowd that tries other people's names from everywhere would take all
cores from the orders, so the street gets a few tries a second, and whoever has been here before
does not wait behind it: their browser carries a mark that we can check by itself, and from an
address where somebody came in others may come too.

Besieged, we look at hardly anybody from the street. Of hundreds who come each second a few were
looked at anyway: nobody's chance is worse for it, and orders do not share a core with them.
"""

import hmac
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from ovunque.access import rules, store
from ovunque.platform.database import Tx
from ovunque.platform.http.pacing import Buckets

WINDOW_SECONDS = rules.TRIES_WINDOW.total_seconds()
STREET_PER_SECOND = 4.0  # All processes together: a sixth of a core, and that with low priority.
STREET_PER_SECOND_MIN = 0.25  # Of one process: among many each still lets somebody in.
STREET_BURST_SECONDS = 4.0
CROWD_PER_SECOND = 20.0  # With more from the street than that we are besieged,
CROWD_BURST_SECONDS = 2.0
SIEGE_SECONDS = 60.0  # and remain so as long after the last of the crowd.
BESIEGED_PER_SECOND = 0.1
ADDRESSES_MAX = 50_000
NONCE_LENGTH = 22
MAC_LENGTH = 32


class Door(StrEnum):
    """Where somebody stands with their try."""

    KNOWN = "known"  # Has been here before, or comes from where others did.
    STREET = "street"  # Nobody we know; there is time to look at them.
    BUSY = "doors_busy"  # Too many of those at this moment.
    TOO_OFTEN = "sign_in_throttled"  # This address has tried too often.


class Doorkeeper:
    """Counts tries in this process; what all processes know together stands in the database."""

    def __init__(
        self,
        secrets: Callable[[], Mapping[int, bytes]],
        processes: int,
        now: Callable[[], float],
    ) -> None:
        street = max(STREET_PER_SECOND / processes, STREET_PER_SECOND_MIN)
        besieged = BESIEGED_PER_SECOND / processes
        self._street = Buckets(street, STREET_BURST_SECONDS, now)
        self._crowd = Buckets(CROWD_PER_SECOND / processes, CROWD_BURST_SECONDS, now)
        self._besieged = Buckets(besieged, 1 / besieged, now)
        self._besieged_until = 0.0
        self._marks = Buckets(rules.ACCOUNT_TRIES_MAX / WINDOW_SECONDS, WINDOW_SECONDS, now)
        self._accounts = Buckets(rules.ACCOUNT_TRIES_MAX / WINDOW_SECONDS, WINDOW_SECONDS, now)
        self._addresses = Buckets(rules.ADDRESS_TRIES_MAX / WINDOW_SECONDS, WINDOW_SECONDS, now)
        self._homes: dict[str, None] = {}  # Where somebody came in, the latest last.
        self._secrets = secrets
        self._now = now

    def load(self, tx: Tx) -> None:
        """Where people are signed in at this moment."""
        for address in store.list_addresses(tx, ADDRESSES_MAX):
            self._homes[address] = None

    def admit(self, mark: str, address: str) -> Door:
        """Whether a try from here is looked at now; it is counted."""
        nonce = self._nonce_of(mark)
        if nonce is not None and self._marks.take(nonce, 1):
            return Door.KNOWN
        if not self._addresses.take(address, 1):
            return Door.TOO_OFTEN
        if address in self._homes:
            return Door.KNOWN
        return Door.STREET if self._has_time() else Door.BUSY

    def _has_time(self) -> bool:
        """Whether one more of the street is looked at now."""
        now = self._now()
        if not self._crowd.take("", 1):
            self._besieged_until = now + SIEGE_SECONDS
        return (self._besieged if now < self._besieged_until else self._street).take("", 1)

    def may_try(self, account: str) -> bool:
        """Whether this name may be tried once more; it is counted."""
        return self._accounts.take(account, 1)

    def come_in(self, account: str, address: str) -> None:
        """Somebody was who they said: nothing of that counts against their name or address."""
        self._accounts.forgive(account)
        self._addresses.give_back(address, 1)
        self._homes.pop(address, None)
        if len(self._homes) >= ADDRESSES_MAX:
            del self._homes[next(iter(self._homes))]
        self._homes[address] = None

    def mark(self, nonce: str, login: str) -> str:
        """What a browser carries from which this person came in."""
        newest = max(self._secrets())
        key = self._secrets()[newest]
        cut = nonce[:NONCE_LENGTH]
        return f"{cut}.{_mac(key, cut)}.{_mac(key, cut, login)}"

    def is_of(self, mark: str, login: str) -> bool:
        """Whether it is this person who came in from there: others' tries do not lock them out."""
        nonce = self._nonce_of(mark)
        if nonce is None:
            return False
        seal = mark.rpartition(".")[2]
        return any(_is_mac(seal, key, nonce, login) for key in self._keys())

    def _nonce_of(self, mark: str) -> str | None:
        """Which browser this is; none when the mark is not ours."""
        if len(mark) != NONCE_LENGTH + 2 * MAC_LENGTH + 2 or not mark.isascii():
            return None
        nonce, mac, _ = mark.split(".") if mark.count(".") == 2 else ("", "", "")
        return nonce if any(_is_mac(mac, key, nonce) for key in self._keys()) else None

    def _keys(self) -> Iterable[bytes]:
        return self._secrets().values()


def _mac(key: bytes, nonce: str, login: str | None = None) -> str:
    what = f"mark:{nonce}" if login is None else f"of:{nonce}:{login}"
    return hmac.digest(key, what.encode(), "sha256").hex()[:MAC_LENGTH]


def _is_mac(told: str, key: bytes, nonce: str, login: str | None = None) -> bool:
    return hmac.compare_digest(told, _mac(key, nonce, login))
