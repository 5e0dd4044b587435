"""How soon a store's screens answer a finger, measured by the browser itself.

Somebody takes orders, picks them by scans, packs, and hands over, on a phone. The browser tells of
each interaction how long it took from the touch to the next paint (event timing), and of each
screen how long it took from the tap to its first paint. Needs what tests need: a Chromium.
"""

from collections.abc import Sequence

import numpy as np

from bench.machine import Facts, facts_of
from bench.options import Options
from bench.points import MeasuringError
from bench.report import Report, goal_of
from ovunque.platform.embedded import throwaway
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings

P95_MS_MAX = 100.0
ROUNDS = 8
SETTLE_MS = 200
# Kept across pages: what one page has seen is read on the next.
WATCH = """
(() => {
  const kept = JSON.parse(sessionStorage.getItem("taps") ?? "[]");
  const keep = () => sessionStorage.setItem("taps", JSON.stringify(kept));
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) {
      if (each.interactionId) kept.push(["event", each.name, each.duration]);
    }
    keep();
  }).observe({type: "event", durationThreshold: 16, buffered: true});
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) {
      if (each.name !== "first-contentful-paint") continue;
      kept.push(["screen", location.pathname, each.startTime]);
    }
    keep();
  }).observe({type: "paint", buffered: true});
  addEventListener("pagehide", keep);
})();
"""
READ = "() => JSON.parse(sessionStorage.getItem('taps') ?? '[]')"


def run(options: Options) -> Report:
    """Some orders from their offer to the carrier; every interaction of it counts."""
    seen, facts = measure(options)
    events = [ms for kind, _, ms in seen if kind == "event"]
    screens = [ms for kind, _, ms in seen if kind == "screen"]
    if not events or not screens:
        raise MeasuringError("the browser told of no interaction")
    event_p50, event_p95, event_most = np.percentile(events, [50, 95, 100])
    screen_p50, screen_p95 = np.percentile(screens, [50, 95])
    goal = goal_of(
        "ms allowed / ms until an interaction shows, p95",
        1,
        (P95_MS_MAX, float(event_p95)),
        1.0,
    )
    return Report(
        benchmark="taps",
        facts=facts,
        goals=[goal],
        figures={
            "interactions": float(len(events)),
            "ms until an interaction shows, p50": float(event_p50),
            "ms until an interaction shows, p95": float(event_p95),
            "ms until an interaction shows, most": float(event_most),
            "screens": float(len(screens)),
            "ms until a screen shows, p50": float(screen_p50),
            "ms until a screen shows, p95": float(screen_p95),
        },
        violations=[],
    )


def measure(options: Options) -> tuple[Sequence[tuple[str, str, float]], Facts]:
    """What the browser has told of the whole journey."""
    try:  # They bring a browser's driver, which `make bench` does without.
        from tests.web.chromium import (  # noqa: PLC0415
            Look,
            chromium,
            open_context,
            sign_in,
            why_not,
        )
        from tests.web.living import living  # noqa: PLC0415
        from tests.web.tour import BOOTS, DRESS  # noqa: PLC0415
    except ImportError as missing:
        raise MeasuringError(f"run it with the tests' packages: {missing}") from None
    if (reason := why_not()) is not None:
        raise MeasuringError(reason)
    with throwaway(read_settings().pg_bin) as cluster:
        cluster.ensure_database("taps")
        migrate(cluster.url("taps"))
        with living(cluster.url("taps")) as alive, chromium() as browser:
            context = open_context(browser, alive, Look(size="phone"))
            context.add_init_script(WATCH)
            page = context.new_page()
            sign_in(page, "marta")
            for nth in range(ROUNDS):
                options.tell(f"order {nth + 1} of {ROUNDS}")
                order = alive.order([(BOOTS, 1), (DRESS, 1)])
                alive.wait_for(order, "offered")
                prepare(page, order["number"], (BOOTS, DRESS))
                alive.wait_for(order, "ready")
            page.goto("/pickups")
            page.get_by_role("link", name="Scansiona e affida").tap()
            page.locator("#manifest").wait_for()
            seen = page.evaluate(READ)
            context.close()
        facts = facts_of(cluster)
    return seen, facts


def prepare(page, number: str, skus: Sequence[str]) -> None:  # type: ignore[no-untyped-def]
    """One order: accepted, both pieces scanned, packed."""
    page.goto("/tasks?band=accept")
    page.get_by_role("button", name=f"Accetta {number}").tap()
    for done, sku in enumerate(skus):
        page.get_by_text(f"{done} di 2 prelevati").first.wait_for()
        field = page.locator("form[data-scan] input[name=code]")
        field.and_(page.locator(":focus")).wait_for()
        page.wait_for_timeout(SETTLE_MS)  # Nobody scans two pieces at the same moment.
        page.keyboard.type(sku)
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Chiudi il collo").tap()
    page.get_by_role("link", name="Stampa l’etichetta").wait_for()
