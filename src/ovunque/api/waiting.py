"""Waiting for the intake's answer, and not for ever.

Nothing bounds a commit that waits for a standby: whoever asked is told in time that it is not known
yet. The same request under the same key is answered with what has become of it.
"""

import asyncio
from typing import TypeVar

from ovunque.kernel.refusal import Refusal

T = TypeVar("T")

ANSWER_SECONDS_MAX = 15.0  # Longer than a batch with all its repetitions takes.


async def in_time(answer: "asyncio.Future[T]") -> T:
    """The answer; refused as `busy` when it does not come."""
    try:
        return await asyncio.wait_for(answer, ANSWER_SECONDS_MAX)
    except TimeoutError:
        raise Refusal("busy") from None
