"""Everything that can be asked of us: the composition root hands this to the application."""

from ovunque.api import keys
from ovunque.api.openapi import HotRoute

ROUTERS = (keys.router,)
HOT: tuple[HotRoute, ...] = ()
