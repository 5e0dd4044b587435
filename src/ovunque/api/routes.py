"""Everything that can be asked of us: the composition root hands this to the application."""

from ovunque.api import (
    availability,
    customers,
    decisions,
    delivery,
    fulfillments,
    hours,
    imports,
    items,
    keys,
    locations,
    network,
    orders,
    orders_changes,
    parcels,
    promises,
    protections,
    put_backs,
    stock,
    stock_counts,
)
from ovunque.api.openapi import HotRoute

ROUTERS = (
    stock.router,
    protections.router,
    fulfillments.router,
    parcels.router,
    orders_changes.router,
    put_backs.router,
    items.router,
    locations.router,
    hours.router,
    network.router,
    delivery.router,
    customers.router,
    keys.router,
    imports.router,
)
HOT: tuple[HotRoute, ...] = (
    *orders.ROUTES,
    *decisions.ROUTES,
    *promises.ROUTES,
    *availability.ROUTES,
    *stock_counts.ROUTES,
    *imports.ROUTES,
)
