"""Every screen there is: the composition root hands this to the application."""

from ovunque.web import entrance, news
from ovunque.web.care import changing, order, orders, searching
from ovunque.web.goods import counts, item, items, stock, transfers
from ovunque.web.office import (
    carrier_drafts,
    carrier_reviews,
    carriers,
    feeds,
    imports,
    location,
    locations,
    people,
    protections,
    simulations,
    strategies,
)
from ovunque.web.shoppers import embedding, storefront
from ovunque.web.stores import (
    arrivals,
    collecting,
    handing_over,
    installing,
    packing,
    picking,
    task,
    tasks,
    wave,
)

SCREENS = (
    entrance.door,
    entrance.inside,
    news.router,
    embedding.router,
    storefront.router,
    searching.router,
    orders.router,
    order.router,
    changing.router,
    items.router,
    item.router,
    stock.router,
    locations.router,
    location.router,
    carrier_drafts.router,
    carriers.router,
    carrier_reviews.router,
    people.router,
    imports.router,
    feeds.router,
    counts.router,
    transfers.router,
    protections.router,
    simulations.router,
    strategies.router,
    installing.router,
    tasks.router,
    task.router,
    wave.router,
    picking.router,
    packing.router,
    collecting.router,
    handing_over.router,
    arrivals.router,
)
