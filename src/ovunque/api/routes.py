"""Everything that can be asked of us: the composition root hands this to the application."""

from ovunque.api import availability, fulfillments, keys, orders, stock, stock_counts
from ovunque.api.openapi import HotRoute

ROUTERS = (keys.router, stock.router, fulfillments.router)
HOT: tuple[HotRoute, ...] = (*orders.ROUTES, *availability.ROUTES, *stock_counts.ROUTES)
