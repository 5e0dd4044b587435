"""Takes the screenshots of the docs again: `make screens`, or only those of ARGS="order tasks"."""

import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from tests.web.chromium import Look, chromium, open_context, sign_in, why_not
from tests.web.living import Living, living
from tests.web.tour import STORE, Stop, Tour

from ovunque.platform.embedded import throwaway
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings

DAY = (Look(size="desktop"),)
BOTH = (Look(size="desktop"), Look(size="phone"))
NIGHT = (Look(size="desktop", theme="dark"), Look(size="phone", theme="dark"))
SHOP = (Look(size="phone"),)
TABLET = (Look(size="tablet"),)
AT_NIGHT = {"order", "tasks", "pick", "shop-product", "shop-cart", "shop-stores"}
ON_TABLETS_TOO = {"tasks"}
ON_PHONES_TOO = {
    *("orders", "order", "item", "shop-product", "shop-cart", "shop-stores"),
    *("people", "keys", "devices", "sign-in-code", "tracking"),
}
# Looked at by the tests like all others; their pictures would tell little that is new.
UNPICTURED = {
    *("nowhere", "orders-nothing", "stock-nothing", "items", "locations", "providers", "search"),
    *("imports", "piece", "feed", "feeds", "source", "seller-item", "journal", "account", "prove"),
    *("transfers", "transfer", "counts", "protections", "protection", "prices", "location"),
    *("carrier", "carrier-review", "carrier-lane", "emissions", "names"),
}


def looks(stop: Stop) -> Sequence[Look]:
    """Offices at a desk, stores on a phone; the screens that are looked at most in every light."""
    if stop.name in UNPICTURED:
        return ()
    night = NIGHT if stop.name in AT_NIGHT else ()
    if stop.login == STORE or stop.name == "seller":
        tablet = TABLET if stop.name in ON_TABLETS_TOO else ()
        return (*SHOP, *tablet, *(look for look in night if look.size == "phone"))
    return (*(BOTH if stop.name in ON_PHONES_TOO else DAY), *night)


def take(browser: Browser, alive: Living, folder: Path, names: Collection[str]) -> None:
    """One picture for each screen and look, or for those named; those of before are removed."""
    for old in folder.glob("*.png"):
        if not names or old.stem.rsplit("-", 2)[0] in names:
            old.unlink()
    for stop in Tour(alive).stops():
        if names and stop.name not in names:
            continue
        for look in looks(stop):
            context = open_context(browser, alive, look)
            page = context.new_page()
            if stop.login is not None:
                sign_in(page, stop.login)
            show(page, stop)
            page.screenshot(path=folder / f"{stop.name}-{look.size}-{look.theme}.png")
            context.close()


def show(page: Page, stop: Stop) -> None:
    page.goto(stop.path)
    if stop.scan is not None:
        page.locator("form[data-scan] input:not([type=hidden])").fill(stop.scan)
        page.keyboard.press("Enter")
        expect(page.locator("[data-alarm]")).to_be_visible()
    if page.locator("#live").count():
        expect(page.locator("#live")).to_have_attribute("data-state", "on")
    page.evaluate("document.fonts.ready")


def main(folder: Path, names: Collection[str]) -> None:
    if (reason := why_not()) is not None:
        sys.exit(reason)
    folder.mkdir(parents=True, exist_ok=True)
    with throwaway(read_settings().pg_bin) as cluster:
        cluster.ensure_database("screens")
        migrate(cluster.url("screens"))
        with living(cluster.url("screens")) as alive, chromium() as browser:
            take(browser, alive, folder, names)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
