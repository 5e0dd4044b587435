"""A wire of some length to a database: what is sent into it comes out so many seconds later.

A process of its own, so that the wire does not share the interpreter with who is measured. It ends
with its standard input.
"""

import asyncio
import sys
from contextlib import suppress
from functools import partial

BYTES_MAX = 1 << 18


async def carry(here: asyncio.StreamReader, there: asyncio.StreamWriter, seconds: float) -> None:
    """One direction; what comes while something is on its way is not slowed down by that."""
    loop = asyncio.get_running_loop()
    while data := await here.read(BYTES_MAX):
        loop.call_later(seconds, there.write, data)
    loop.call_later(seconds, there.close)


async def connect(
    seconds: float, path: str, here: asyncio.StreamReader, back: asyncio.StreamWriter
) -> None:
    answers, there = await asyncio.open_unix_connection(path)
    with suppress(ConnectionError, asyncio.CancelledError):  # One end went away.
        await asyncio.gather(carry(here, there, seconds), carry(answers, back, seconds))


async def stand(path: str, seconds: float) -> None:
    """Say at which port, and stay until standard input ends."""
    server = await asyncio.start_server(partial(connect, seconds, path), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(stand(sys.argv[1], float(sys.argv[2])))
