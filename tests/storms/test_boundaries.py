"""F1: one story, with a crash before and after each of its commits: it always ends the same."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from random import Random
from typing import Any

import pytest
from tests.storms.actors.carriers import carrier
from tests.storms.actors.shoppers import cancel, fetch, order
from tests.storms.actors.stores import store
from tests.storms.database import CrashAt, Moments
from tests.storms.kernel import Actor
from tests.storms.stage import fresh
from tests.storms.storm import Storm
from tests.storms.weather import Weather, fair
from tests.worlds import order_request

from ovunque.delivery.model import Service
from ovunque.orders.model import DeliveryRequest
from ovunque.platform.embedded import Cluster

PARTS = 8  # So that several processes share the work.
RECOVERY = 5  # Boundaries after a crash: what was lost is begun again and ended by then.

END = """
select customer.name, line.sku, line.ordered, line.canceled, line.unplaced,
       array_agg(distinct work.state order by work.state), sum(part.quantity)
  from order_line as line
  join customer_order as placed on placed.id = line.order_id
  join customer on customer.id = placed.customer_id
  left join (fulfillment_line as part join fulfillment as work
               on work.id = part.fulfillment_id and work.replaced_at is null)
    on part.line_id = line.id
 group by customer.name, line.sku, line.ordered, line.canceled, line.unplaced
 order by customer.name, line.sku
"""
STOCK = """
select sku, sum(on_hand), sum(reserved), sum(unavailable) from stock_level group by sku order by sku
"""


@dataclass
class Story(Storm):
    """Three customers: one gets a parcel, one fetches, one cancels what is packed already."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.sim.weather.calm = True

    def people(self) -> None:
        self.sim.weather.calm = True
        for name, actor in (("anna", parcel), ("ben", fetching), ("carla", changing)):
            self.sim.spawn(name, actor(self))
        for code in ("L000", "L001"):
            self.sim.spawn(f"store {code}", store(self.town, code))
            self.sim.spawn(f"carrier at {code}", carrier(self.town, code))

    def stand(self) -> list[Any]:
        """Where it has ended: who has what, and what is left."""
        return [*self.database.look(END), *self.database.look(STOCK)]

    def tell(self) -> list[Any]:
        self.set_out()
        self.come_to_rest()
        assert self.rests.keys() <= {"fulfilled", "canceled"}
        return self.stand()


def parcel(story: Story) -> Actor:
    yield from order(story.town, "s1", order_request([("BELT", 1)], "anna"))


def fetching(story: Story) -> Actor:
    delivery = DeliveryRequest(service=Service.COLLECT, location="L001")
    request = replace(order_request([("HAT", 1)], "ben"), deliveries=(delivery,))
    answer = yield from order(story.town, "s2", request)
    yield from fetch(story.town, "s2", answer.body["id"], "L001")


def changing(story: Story) -> Actor:
    answer = yield from order(story.town, "s3", order_request([("BELT", 2)], "carla"))
    while not story.database.look(
        "select from parcel join customer_order as placed "
        "on placed.id = parcel.order_id join customer "
        "on customer.id = placed.customer_id where name = 'carla'"
    ):
        yield story.sim.between(1, 1)
    yield from cancel(story.town, "s3", answer.body["id"], "customer")


def told(town: Cluster, moments: Callable[[Weather], Moments]) -> tuple[list[Any], Moments]:
    """The end of the story, and what happened at its boundaries."""
    with fresh(town) as url:
        story = Story(SEED, url, weather=fair, moments=moments, every_step=False)
        try:
            return story.tell(), story.database.moments
        except Exception as error:
            raise AssertionError(story.report(error)) from error
        finally:
            story.database.close()


SEED = 3  # With stock for all three.


@pytest.mark.parametrize("part", range(PARTS))
def test_a_crash_at_any_boundary_changes_no_end(town: Cluster, part: int) -> None:
    end, reached = told(town, lambda _: Moments())
    assert reached.boundaries >= 30, "there is a story to tell"
    assert {"orders", "offers.open", "cancel s3"} <= set(reached.reached), "all who commit meet it"
    for boundary in range(1 + part, reached.boundaries + 1, PARTS):
        for after in (False, True):
            found, moments = told(town, lambda _: CrashAt(boundary, after=after))  # noqa: B023
            side = "after" if after else "before"
            at = f"{side} boundary {boundary}: {reached.reached[boundary - 1]}"
            assert isinstance(moments, CrashAt)
            assert moments.struck, at
            assert found == end, at


def test_a_crash_while_another_is_made_good_changes_no_end(
    town: Cluster, pytestconfig: pytest.Config
) -> None:
    """Some of all pairs, the same each time; `make soak` takes many."""
    end, reached = told(town, lambda _: Moments())
    sides = (False, True)
    pairs = [*product(range(1, reached.boundaries + 1), sides, range(1, RECOVERY + 1), sides)]
    chosen = Random(0).sample(pairs, min(len(pairs), pytestconfig.getoption("--pairs")))
    twice = 0
    for boundary, after, more, later in chosen:
        then = more, later
        found, moments = told(town, lambda _: CrashAt(boundary, after=after, then=then))  # noqa: B023
        at = f"{boundary} {reached.reached[boundary - 1]}, after: {after}; then {then}"
        assert isinstance(moments, CrashAt)
        twice += moments.struck == 2
        assert found == end, at
    assert twice * 10 >= len(chosen) * 8, "of most pairs both crashes came"
    print(f"{len(chosen)} pairs of crashes, both struck in {twice}")
