"""The only place where the real time and real chance come from."""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime

from ovunque.kernel.ids import IdSource, NewId

Clock = Callable[[], datetime]


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


def new_id_source() -> NewId:
    """Ids from the real clock and the machine's chance."""
    return IdSource(lambda: time.time_ns() // 1_000_000, secrets.randbits)


def new_secret() -> str:
    """256 bits of chance in 43 characters that an URL lets through."""
    return secrets.token_urlsafe(32)
