"""The store's screens as an app: what a device keeps of them, and how it is called there."""

import json

from starlette.responses import Response

from ovunque.web.pages import POLICY
from ovunque.web.screens import open_screens
from ovunque.web.visiting import Visiting

WORKER = "sw.js"
FONT = "vendor/inter-latin.woff2"
SHELL = ("app.css", FONT, "vendor/htmx.js", "vendor/hx-sse.js", "vendor/icons.svg", "garments.svg")
NOT_FOR_STORES = frozenset({"js/ovunque-promise.js"})

router = open_screens()


@router.get("/manifest.webmanifest")
def get_manifest(visit: Visiting) -> Response:
    """What a device needs to know to install the store's screens."""
    assets = visit.house.pages.assets
    icon = {"src": assets.url("mark.svg"), "sizes": "any", "type": "image/svg+xml"}
    told = {
        "name": "Ovunque",
        "short_name": "Ovunque",
        "id": "/tasks",
        "start_url": "/tasks",
        "scope": "/",
        "display": "standalone",
        "icons": [icon],
    }
    return Response(json.dumps(told), media_type="application/manifest+json")


@router.get("/sw.js")
def get_worker(visit: Visiting) -> Response:
    """What runs beside the pages on a device; it keeps the files of this version."""
    assets = visit.house.pages.assets
    modules = [name for name in assets.names("js/") if name not in NOT_FOR_STORES]
    files = [assets.url(name) for name in (*SHELL, *modules, "mark.svg")]
    text = assets.content(WORKER).decode()
    text = text.replace("{version}", assets.version).replace("{files}", json.dumps(files))
    # Without a policy of its own it would get the edge's, and might fetch nothing.
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
    return Response(text, headers=headers, media_type="text/javascript")
