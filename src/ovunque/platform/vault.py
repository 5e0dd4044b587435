"""What nobody may read out of a dump is kept so that the database alone tells it to nobody.

The keys lie in a file outside, which no backup of the database holds: who carries a dump away has
ciphers. AES-SIV (RFC 5297) binds each to the row that it belongs to, and needs no chance for it.
"""

import os
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from ovunque.kernel.refusal import Refusal
from ovunque.platform.clock import new_seed
from ovunque.platform.database import Tx
from ovunque.platform.settings import read_settings

NTH_BYTES = 2
MARK_BYTES = 8


class Vault:
    """Seals by the newest key of a file, opens by any of them."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ciphers: dict[int, AESSIV] = {}
        self._keys: Mapping[int, bytes] = {}
        self.load()

    def load(self) -> None:
        """The keys as the file has them now."""
        self._keys = read_keys(self._file)
        self._ciphers = {nth: AESSIV(key) for nth, key in self._keys.items()}
        self.newest = max(self._keys)

    @property
    def marks(self) -> dict[int, bytes]:
        """By what a key is known that nobody may see."""
        return {nth: sha256(b"mark" + key).digest()[:MARK_BYTES] for nth, key in self._keys.items()}

    def seal(self, about: UUID | str, plain: bytes) -> bytes:
        sealed = self._ciphers[self.newest].encrypt(plain, [_name(about)])
        return self.newest.to_bytes(NTH_BYTES) + sealed

    def open(self, about: UUID | str, sealed: bytes) -> bytes:
        """What was sealed for this row; another row's, or a changed one, is a fault of ours."""
        nth = int.from_bytes(sealed[:NTH_BYTES])
        cipher = self._cipher(nth)
        if cipher is None:
            raise Refusal("personal_key_missing", nth=nth, file=self._file)
        try:
            return cipher.decrypt(sealed[NTH_BYTES:], [_name(about)])
        except InvalidTag:
            raise AssertionError(f"what is sealed for {about} is not as it was written") from None

    def recognize(self, about: UUID | str, told: bytes) -> bytes | None:
        """What somebody shows that we have sealed; nothing, where they made it up."""
        cipher = self._cipher(int.from_bytes(told[:NTH_BYTES]))
        if cipher is None:
            return None
        try:
            return cipher.decrypt(told[NTH_BYTES:], [_name(about)])
        except InvalidTag:
            return None

    def _cipher(self, nth: int) -> AESSIV | None:
        if nth not in self._ciphers:
            self.load()  # Somebody has drawn another since.
        return self._ciphers.get(nth)


def _name(about: UUID | str) -> bytes:
    return about.bytes if isinstance(about, UUID) else about.encode()


def read_keys(file: Path) -> dict[int, bytes]:
    """The keys by number; the first is drawn where there is no file yet."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        _place(file, _line(1))
    lines = file.read_text(encoding="ascii").split()
    return {int(nth): bytes.fromhex(key) for nth, _, key in (each.partition(":") for each in lines)}


def add_key(file: Path) -> int:
    """Draw another key: from now on it seals."""
    nth = max(read_keys(file)) + 1
    with file.open("a", encoding="ascii") as out:
        out.write(_line(nth))
    return nth


def _line(nth: int) -> str:
    return f"{nth}:{(new_seed() + new_seed()).hex()}\n"


def _place(file: Path, text: str) -> None:
    """Readable by its owner alone; whoever comes second takes the first one's."""
    fresh = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    try:
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


@cache
def house_vault() -> Vault:
    """The vault of the house that this process belongs to, from its first use to its end."""
    return Vault(read_settings().personal_keys_file)


def check_keys(tx: Tx, vault: Vault) -> None:
    """Every key that sealed anything here is at hand: else nobody starts, and nothing is lost."""
    told = vault.marks
    tx.execute(
        """
        insert into personal_key (nth, mark)
        select * from unnest(%(nths)s::int[], %(marks)s::bytea[]) on conflict do nothing
        """,
        {"nths": list(told), "marks": list(told.values())},
    )
    for nth, mark in tx.execute("select nth, mark from personal_key").fetchall():
        if told.get(nth) != mark:
            raise Refusal("personal_key_missing", nth=nth, file=read_settings().personal_keys_file)


def forget_keys_but(tx: Tx, nth: int) -> None:
    """Nothing is sealed by the others any more."""
    tx.execute("delete from personal_key where nth <> %(nth)s", {"nth": nth})
