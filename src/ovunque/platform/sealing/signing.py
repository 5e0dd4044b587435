"""The key that signs, and the file outside that the database does not reach."""

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ovunque.kernel.refusal import Refusal
from ovunque.platform.sealing.model import Root, Seal

SEED_BYTES = 32
PUBLIC_BYTES = 32
SIGNER_LENGTH = 16
ARCHIVE = b"ovunque archive 1\n"


class Line(msgspec.Struct, frozen=True):
    """A root as it stands in the file outside: one line of JSON."""

    nth: int
    hash: str
    signer: str
    signature: str
    at: datetime


class Signer:
    """Signs with a key that was read once; only its public half is ever shown."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw()
        self.name = name_of(self.public)

    def sign(self, seal: Seal, at: datetime) -> Root:
        signature = self._key.sign(message(seal.nth, seal.hash, at))
        return Root(nth=seal.nth, hash=seal.hash, signer=self.name, signature=signature, at=at)

    def sign_text(self, text: bytes) -> bytes:
        """The signature of the list of an archive: it fits no seal, and no seal's fits it."""
        return self._key.sign(ARCHIVE + text)


def name_of(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:SIGNER_LENGTH]


def message(nth: int, sha256: bytes, at: datetime) -> bytes:
    """What is signed: nothing else of ours looks like it."""
    instant = at.astimezone(UTC).isoformat()
    return f"ovunque journal seal 1\n{nth}\n{sha256.hex()}\n{instant}\n".encode()


def is_signed_text(text: bytes, signature: bytes, public: bytes) -> bool:
    """Whether the holder of this key has signed the list of an archive."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, ARCHIVE + text)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_signed(root: Root, public: bytes) -> bool:
    """Whether this key has signed this root as it stands."""
    if root.signer != name_of(public):
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(public)
        key.verify(root.signature, message(root.nth, root.hash, root.at))
    except InvalidSignature:
        return False
    return True


def open_signer(folder: Path, draw: bytes) -> Signer:
    """The signer of this house; `draw` becomes its key when it has none yet."""
    assert len(draw) == SEED_BYTES, "a seed is drawn at the edge"
    file = folder / "seal.key"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"seal.key.{name_of(draw)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(draw)
        try:
            os.link(fresh, file)  # Whoever comes second takes the first one's.
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return Signer(Ed25519PrivateKey.from_private_bytes(file.read_bytes()))


def read_public(told: str) -> bytes:
    """A public key: 64 hexadecimal digits, or a file in PEM that holds it."""
    try:
        public = bytes.fromhex(told)
        if len(public) == PUBLIC_BYTES:
            return public
    except ValueError:
        pass
    try:
        key = load_pem_public_key(Path(told).read_bytes())
        assert isinstance(key, Ed25519PublicKey)
        return key.public_bytes_raw()
    except (OSError, ValueError, AssertionError):
        raise Refusal("invalid", detail="this is no Ed25519 public key.") from None


def tell(file: Path, root: Root) -> None:
    """Append a root to the file outside, and wait until it lies on the disk."""
    line = Line(root.nth, root.hash.hex(), root.signer, root.signature.hex(), root.at)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as out:
        out.write(msgspec.json.encode(line) + b"\n")
        out.flush()
        os.fsync(out.fileno())


def read_told(file: Path) -> Iterator[Root]:
    """The roots that were told outside, in order; a line that is none of ours is refused."""
    if not file.exists():
        return
    for text in file.read_bytes().splitlines():
        try:
            line = msgspec.json.decode(text, type=Line)
            yield Root(
                nth=line.nth,
                hash=bytes.fromhex(line.hash),
                signer=line.signer,
                signature=bytes.fromhex(line.signature),
                at=line.at,
            )
        except (msgspec.DecodeError, ValueError):
            raise Refusal("invalid", detail=f"{file} holds a line that is no seal.") from None
