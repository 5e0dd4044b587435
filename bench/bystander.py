"""A listener that answers everybody the same at once: what a crowd costs the machine by itself.

It reads nothing, knows nobody and keeps nothing. Whatever a crowd at our door costs beyond a crowd
here is ours. As light as Python allows; it ends with its standard input.
"""

import asyncio
import sys
from typing import cast

import uvloop

BODY = b"." * 3_000  # As long as the page that our door shows those whom it turns away.
ANSWER = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


class Bystander(asyncio.Protocol):
    """A try comes in one piece, so that a piece is a try."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - nobody reads it
        self._transport.write(ANSWER)


async def stand(host: str) -> None:
    """Say at which port, and stay until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Bystander, host, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(stand(sys.argv[1]))
