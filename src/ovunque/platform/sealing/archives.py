"""Files that leave the house in one archive, which shows that they are as we gave them."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from ovunque.kernel.refusal import Refusal
from ovunque.platform.sealing.signing import Signer, is_signed_text, name_of

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
FILES_MAX, BYTES_MAX = 100, 100_000_000
FIRST_YEAR = 1980  # Before that no zip can be dated.


class Manifest(msgspec.Struct, frozen=True):
    """What an archive holds, and whose key signs that."""

    about: str
    made_at: datetime
    signer: str  # The public key in hexadecimal digits.
    files: dict[str, str]  # The SHA-256 of each.


def pack(about: str, files: Mapping[str, Any], signer: Signer, now: datetime) -> bytes:
    """A zip of JSON documents with a signed list of them."""
    texts = {name: msgspec.json.format(msgspec.json.encode(told)) for name, told in files.items()}
    manifest = Manifest(
        about=about,
        made_at=now.astimezone(UTC),
        signer=signer.public.hex(),
        files={name: hashlib.sha256(text).hexdigest() for name, text in texts.items()},
    )
    listed = msgspec.json.format(msgspec.json.encode(manifest))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {
            MANIFEST: listed,
            SIGNATURE: signer.sign_text(listed).hex().encode(),
            **texts,
        }.items():
            at = now.astimezone(UTC).timetuple()[:6]
            archive.writestr(zipfile.ZipInfo(name, (max(at[0], FIRST_YEAR), *at[1:])), text)
    return out.getvalue()


def verify(content: bytes, public: bytes | None = None) -> Manifest:
    """What an archive holds; refused when a byte of it is not as it was signed.

    Without a public key the archive's own is believed: then only its wholeness is shown.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            listed = archive.infolist()
            if len(listed) > FILES_MAX or sum(each.file_size for each in listed) > BYTES_MAX:
                raise Refusal("archive_broken", detail="it is larger than any of ours")
            held = {each.filename: archive.read(each) for each in listed}
        signature = bytes.fromhex(held.pop(SIGNATURE).decode())
        text = held.pop(MANIFEST)
        manifest = msgspec.json.decode(text, type=Manifest)
        signer = bytes.fromhex(manifest.signer)
    except (zipfile.BadZipFile, KeyError, ValueError, msgspec.DecodeError):
        raise Refusal("archive_broken", detail="it is no archive of ours") from None
    if public is not None and signer != public:
        raise Refusal("archive_broken", detail=f"it was signed by {name_of(signer)}")
    if not is_signed_text(text, signature, signer):
        raise Refusal("archive_broken", detail="its signature does not fit")
    digests = {name: hashlib.sha256(each).hexdigest() for name, each in held.items()}
    wrong = sorted({*digests.items()} ^ {*manifest.files.items()})
    if wrong:
        raise Refusal("archive_broken", detail=f"{wrong[0][0]} is not as it was signed")
    return manifest
