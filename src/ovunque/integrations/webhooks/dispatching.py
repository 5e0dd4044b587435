"""Several couriers at once, each with one webhook: a slow receiver keeps only its own waiting."""

from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore

import structlog

from ovunque.integrations.webhooks.delivering import Courier, deliver_to, take_webhook
from ovunque.integrations.webhooks.model import Webhook
from ovunque.platform.database import Database, first_line

COURIERS = 8

log = structlog.get_logger()


class Dispatcher:
    """Finds webhooks with something due and hands each to a courier who is free."""

    def __init__(self, database: Database, courier: Courier) -> None:
        self._database = database
        self._courier = courier
        self._pool = ThreadPoolExecutor(COURIERS, thread_name_prefix="courier")
        self._free = Semaphore(COURIERS)

    def __enter__(self) -> "Dispatcher":
        return self

    def __exit__(self, *_: object) -> None:
        """Whoever is on the way comes back first."""
        self._pool.shutdown()

    def dispatch(self) -> int:
        """Send one courier out; none when nothing is due, or nobody is free."""
        if not self._free.acquire(blocking=False):
            return 0
        webhook = None
        try:
            webhook = take_webhook(self._database, self._courier)
        finally:
            if webhook is None:
                self._free.release()
        if webhook is None:
            return 0
        self._pool.submit(self._deliver, webhook)
        return 1

    def _deliver(self, webhook: Webhook) -> None:
        try:
            deliver_to(self._database, self._courier, webhook)
        except Exception as error:
            log.warning("courier.failed", webhook=str(webhook.id), error=first_line(error))
        finally:
            self._free.release()
