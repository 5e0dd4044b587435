"""A parent and its children, each as a real process: what the supervisor is tried on.

`python -m tests.journeys.family parent <pipe> <child> ...` supervises children of these kinds:
sturdy ones live until they are asked to end, frail ones end at once, deaf ones do not listen,
prompt ones say that they are ready, and late ones do so once: their successors end without it.
Every child writes its name and number into the pipe, and holds it open as long as it lives.
"""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from ovunque.platform import supervising
from ovunque.platform.supervising import Program, Supervisor, end_with_parent, ready_fd

MODULE = "tests.journeys.family"


def live(kind: str, pipe: int) -> None:
    if kind == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        end_with_parent()
    os.write(pipe, f"{kind} {os.getpid()}\n".encode())
    told = ready_fd()
    if told is not None and (kind == "prompt" or is_first()):
        os.write(told, b"ready\n")
    if kind != "frail" and (kind != "late" or is_first()):
        signal.pause()


def is_first() -> bool:
    """Whether this is the one child that its parent began with."""
    began = Path(f"/proc/{os.getppid()}/task/{os.getppid()}/children").read_text().split()
    return began == [str(os.getpid())]


def supervise(pipe: int, kinds: Sequence[str]) -> int:
    supervising.RESTART_SECONDS_MIN = 0.05
    supervising.ENDING_SECONDS_MAX = 0.5 if "deaf" in kinds else 20.0
    programs = [
        Program(
            name=kind,
            arguments=(MODULE, "child", str(pipe), kind),
            fds=(pipe,),
            tells_ready=kind in ("prompt", "late"),
        )
        for kind in kinds
    ]
    return Supervisor(programs, {}).run()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["parent", pipe, *kinds]:
            sys.exit(supervise(int(pipe), kinds))
        case ["child", pipe, kind]:
            live(kind, int(pipe))
