"""Copies what our pages need of other people's files from node_modules to static/vendor.

Named files only, each with its license; the icons that we use become one sprite. Needs nothing
but Python: `python3 locks/vendor.py`, after `npm ci`.
"""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "src/ovunque/web/static/vendor"

FILES = {  # From node_modules to static/vendor.
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "htmx.org/dist/ext/hx-sse.min.js": "hx-sse.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
    "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
    "@fontsource-variable/inter/LICENSE": "inter.LICENSE.txt",
    "lucide-static/LICENSE": "icons.LICENSE.txt",
}
ICONS = (
    *("activity", "arrow-left", "ban", "boxes", "calendar", "check", "chevron-right"),
    *("circle-alert", "circle-check", "circle-question-mark", "circle-x", "clock"),
    *("download", "eraser", "eye", "gauge", "handshake", "history", "hourglass"),
    *("inbox", "key-round"),
    *("layers", "layout-grid"),
    *(
        "list-checks",
        "log-in",
        "log-out",
        "map-pin",
        "menu",
        "package",
        "package-check",
        "package-open",
    ),
    *("package-x", "printer", "receipt", "recycle", "route", "scan-barcode"),
    *("search", "shield", "shopping-bag", "store", "tag", "timer", "triangle-alert", "truck"),
    *("arrow-down", "arrow-up", "pencil", "plus", "x"),
    *("undo-2", "upload", "user", "user-plus", "users", "warehouse", "zap"),
)
SHAPES = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def sprite(names: tuple[str, ...]) -> str:
    """One file with a symbol for each icon: a page names what it shows."""
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(map(symbol, names))}</svg>\n'


def symbol(name: str) -> str:
    text = (MODULES / f"lucide-static/icons/{name}.svg").read_text(encoding="utf-8")
    found = SHAPES.search(text)
    assert found, f"{name} is no icon"
    shapes = " ".join(found[1].split())
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>'


def main() -> None:
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for source, name in FILES.items():
        shutil.copyfile(MODULES / source, VENDOR / name)
    (VENDOR / "icons.svg").write_text(sprite(ICONS), encoding="utf-8")


if __name__ == "__main__":
    main()
