"""`python -m bench.faults`: break on purpose what breaks in production, and count what was lost."""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.faults import scenes
from bench.faults.cutting import Scissors
from bench.faults.drill import drill
from bench.faults.partition import pull_cable
from bench.faults.room import run_out_of_room
from bench.faults.scenes import Play, Played, house_under_load
from bench.faults.slow import hold_up
from bench.faults.standby import fail_over
from bench.report import table

# What PostgreSQL writes into its log after a second, and nobody may have to wait for so long.
LONG_WAIT = " still waiting for "


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    what: str
    times: int
    run: Callable[[Played, int, int], None]  # How often, and with how many orders.


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def under_load(act: Callable[[Play, int], None]) -> Callable[[Played, int, int], None]:
    def run(played: Played, times: int, _: int) -> None:
        with house_under_load(played, tell) as play:
            act(play, times)

    return run


def unnoticed(act: Callable[[Play, int], None]) -> Callable[[Played, int, int], None]:
    """A scene in which no attempt may fail, nor wait for long."""

    def run(played: Played, times: int, _: int) -> None:
        with house_under_load(played, tell) as play:
            act(play, times)
            waits = play.cluster.layout.log.read_text(errors="replace").count(LONG_WAIT)
        played.notes.append(f"{waits} waits of more than a second for a lock")
        if waits:
            played.blemishes.append("somebody waited for a lock for more than a second")
        for failed, count in played.failed.items():
            played.blemishes.append(f"{count} attempts ended in {failed}")

    return run


def cut_commits(played: Played, times: int, _: int) -> None:
    scissors = Scissors()
    with house_under_load(played, tell, scissors=scissors) as play:
        scenes.cut(play, scissors, times)


SCENES: Mapping[str, Scene] = {
    "postgres": Scene(
        what="kill -9 of PostgreSQL, or of one of its processes",
        times=50,
        run=under_load(scenes.kill_postgres),
    ),
    "server": Scene(
        what="kill -9 of the server, restarted", times=50, run=under_load(scenes.kill_server)
    ),
    "api": Scene(
        what="kill -9 of one of two API processes", times=20, run=under_load(scenes.kill_api)
    ),
    "worker": Scene(what="kill -9 of the worker", times=50, run=under_load(scenes.kill_worker)),
    "terminate": Scene(
        what="all connections terminated", times=20, run=under_load(scenes.terminate)
    ),
    "restart": Scene(what="PostgreSQL restarted", times=10, run=under_load(scenes.restart)),
    "commit": Scene(what="COMMIT or its answer cut off", times=20, run=cut_commits),
    "renewal": Scene(what="every process renewed by SIGUSR1", times=5, run=unnoticed(scenes.renew)),
    "migration": Scene(
        what="a migration beside a long reader", times=3, run=unnoticed(scenes.migrate_under_load)
    ),
    "disk": Scene(
        what="the disk full, of data and log",
        times=10,
        run=lambda played, times, _: run_out_of_room(played, times, tell),
    ),
    "partition": Scene(
        what="packets to and from PostgreSQL lost",
        times=10,
        run=lambda played, times, _: pull_cable(played, times, tell),
    ),
    "slow": Scene(
        what="a thousand connections that never finish a request",
        times=5,
        run=lambda played, times, _: hold_up(played, times, tell),
    ),
    "failover": Scene(
        what="the primary killed, a synchronous standby promoted",
        times=10,
        run=lambda played, times, _: fail_over(played, times, tell),
    ),
    "restore": Scene(
        what="the disk lost, restored from base and log",
        times=1,
        run=lambda played, _, orders: drill(played, orders, tell),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("scenes", nargs="*", help=f"of {', '.join(SCENES)}; default: all")
    parser.add_argument("--times", type=int, help="how often each; default: as the goals say")
    parser.add_argument("--orders", type=int, default=20_000, help="in the restore drill")
    asked = parser.parse_args()
    if unknown := [each for each in asked.scenes if each not in SCENES]:
        parser.error(f"{unknown[0]} is no scene")
    played = [play(name, asked.times, asked.orders) for name in asked.scenes or SCENES]
    print("\n".join(report(played)))
    if not all(each.clean for each in played):
        sys.exit(1)


def play(name: str, times: int | None, orders: int) -> Played:
    scene, played = SCENES[name], Played(name)
    scene.run(played, times or scene.times, orders)
    tell("\n".join(report([played])))
    return played


def report(played: list[Played]) -> list[str]:
    """A line for each scene: how often, what was lost, how long nobody could buy."""
    titles = ["scene", "times", "accepted", "lost", "double", "oversold", "s median", "s longest"]
    rows = [row(each) for each in played]
    lines = [*table([*titles, "slowest order s", "attempts that failed"], rows)]
    for each in played:
        lines += [f"  {each.name}: skipped, {each.skipped}"] if each.skipped else []
        lines += [f"  {each.name}: {note}" for note in (*each.notes, *each.blemishes)]
        lines += [
            f"  {each.name}: {wrong}" for wrong in (each.verdict.wrong if each.verdict else ())
        ]
    return lines


def row(played: Played) -> list[str]:
    verdict, spans = played.verdict, sorted(played.recoveries)
    if verdict is None:
        return [played.name, *[""] * 9]
    failed = ", ".join(f"{count} {what}" for what, count in sorted(played.failed.items()))
    figures = (played.times, verdict.accepted, verdict.lost, verdict.double, verdict.oversold)
    return [
        played.name,
        *map(str, figures),
        f"{spans[len(spans) // 2]:.2f}" if spans else "",
        f"{spans[-1]:.2f}" if spans else "",
        f"{played.slowest:.2f}",
        failed or "none",
    ]


if __name__ == "__main__":
    main()
