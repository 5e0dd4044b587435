"""What pages are dressed in: styles, scripts, icons and fonts, in memory from the start.

All of it has one version, a digest of its content, and stands under an address that carries it:
a browser keeps it for ever and asks anew as soon as one byte has changed.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import Response

STYLES = (
    "tokens",
    "ground",
    "layout",
    "parts",
    "carriers",
    "stores",
    "office",
    "stock",
    "street",
)  # As a page has them.
MEDIA = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
FOREVER = "public, max-age=31536000, immutable"
PACKED = frozenset({".css", ".js", ".svg"})
VERSION_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    packed: bytes | None
    media: str


class Assets:
    """All files of a set, each under its address."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._assets = {name: _asset(name, content) for name, content in files.items()}
        joined = b"\0".join(name.encode() + b"\0" + files[name] for name in sorted(files))
        self.version = hashlib.sha256(joined).hexdigest()[:VERSION_LENGTH]

    def url(self, name: str) -> str:
        return f"/static/{self.version}/{name}"

    def names(self, lead: str) -> list[str]:
        """The files whose names begin so."""
        return sorted(name for name in self._assets if name.startswith(lead))

    def content(self, name: str) -> bytes:
        """A file of ours that stands under another address, too."""
        return self._assets[name].content

    def answer(self, request: Request) -> Response | None:
        """The file that is asked for; one of another version is answered, but not kept."""
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            return None
        fresh = request.path_params["version"] == self.version
        headers = {"Cache-Control": FOREVER if fresh else "no-cache", "Vary": "Accept-Encoding"}
        if asset.packed and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(asset.packed, headers=headers, media_type=asset.media)
        return Response(asset.content, headers=headers, media_type=asset.media)


@cache
def load_assets() -> Assets:
    """The files of this version, read once in a process; the styles as one."""
    static = resources.files("ovunque.web").joinpath("static")
    files = dict(_files(static, ""))
    files["app.css"] = b"".join(files.pop(f"css/{name}.css") for name in STYLES)
    return Assets(files)


def _files(folder: Traversable, lead: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for each in folder.iterdir():
        if each.is_dir():
            found += _files(each, f"{lead}{each.name}/")
        elif _ending(each.name) in MEDIA:
            found.append((lead + each.name, each.read_bytes()))
    return found


def _asset(name: str, content: bytes) -> Asset:
    ending = _ending(name)
    packed = gzip.compress(content, mtime=0) if ending in PACKED else None
    return Asset(content, packed, MEDIA[ending])


def _ending(name: str) -> str:
    return name[name.rfind(".") :]
