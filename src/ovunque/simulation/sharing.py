"""Work of several kinds at once, each in a process of its own that sees what was loaded before."""

import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import TypeVar

T = TypeVar("T")


def apart(make: Callable[[], Iterator[T]]) -> Iterator[T]:
    """What `make` yields, made in a child of this process; for processes without threads."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_send, args=(make, theirs), daemon=True)
    child.start()
    theirs.close()
    return _received(ours, child)


def _received(ours: Connection, child: multiprocessing.process.BaseProcess) -> Iterator[T]:
    try:
        while True:
            told = ours.recv()
            if told is None:
                break
            yield told
    finally:
        child.terminate()
        child.join()


def _send(make: Callable[[], Iterator[T]], theirs: Connection) -> None:
    for each in make():
        theirs.send(each)
    theirs.send(None)
