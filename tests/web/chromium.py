"""A real browser: Debian's Chromium, driven by Playwright, with no way out of this machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright
from tests.house.source import ROOT
from tests.web.living import PASSWORD, Living

from ovunque.platform.embedded import wait_until

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
TIMEOUT_MS = 30_000  # A machine may be busy with other tests.
SIZES = {"desktop": (1_280, 860), "tablet": (820, 1_180), "phone": (390, 844), "narrow": (320, 640)}

Theme = Literal["light", "dark"]


def find_chromium() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def why_not() -> str | None:
    """What is missing for tests in a browser."""
    if find_chromium() is None:
        return "no Chromium here (Debian: apt-get install chromium)"
    if not AXE.is_file():
        return "other people's files have not been brought: npm is missing"
    return None


@contextmanager
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        yield browser
        browser.close()


@dataclass(frozen=True, slots=True)
class Look:
    """On what, and in which light, somebody looks at us."""

    size: str = "desktop"
    theme: Theme = "light"
    scripts: bool = True
    kept: bool = False  # Pages stay on the device: elsewhere that would only hide what is slow.

    @property
    def is_touched(self) -> bool:
        return self.size != "desktop"


def open_context(browser: Browser, living: Living, look: Look) -> BrowserContext:
    """A browser of its own: no cookies, no motion."""
    width, height = SIZES[look.size]
    context = browser.new_context(
        base_url=living.url,
        viewport={"width": width, "height": height},
        color_scheme=look.theme,
        reduced_motion="reduce",
        has_touch=look.is_touched,
        is_mobile=look.is_touched,
        java_script_enabled=look.scripts,
        service_workers="allow" if look.kept else "block",
        locale="en-GB",
    )
    context.set_default_timeout(TIMEOUT_MS)
    return context


def sign_in(page: Page, login: str) -> None:
    page.goto("/sign-in")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url(lambda address: "/sign-in" not in address or "/sign-in/code" in address)


def asked(page: Page, ask: str, about: Any = None) -> Any:
    """What a page answers; one that is being left is asked again where it leads."""
    while True:
        try:
            return page.evaluate(ask, about)
        except Error as error:
            if "context was destroyed" not in error.message:
                raise
            page.wait_for_load_state()


def wait_for(page: Page, ask: str, about: Any = None) -> None:
    """Until what a page is asked is so; a browser's own waiting takes any promise for a yes."""
    assert wait_until(lambda: bool(asked(page, ask, about)), TIMEOUT_MS / 1_000), ask
