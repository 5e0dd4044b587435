"""The same town, driven by Hypothesis: what breaks is shrunk to the few steps that it takes.

The machine draws who does what, and what goes wrong next. Its model is the town: what lies on
which shelf, which orders were acknowledged. At the end the stores go on by themselves until all has
ended.
"""

import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from structlog.testing import capture_logs
from tests.storms import oracle
from tests.storms.actors import feeds, holders, movers, office, stores
from tests.storms.actors.carriers import carrier, visit
from tests.storms.actors.shoppers import cancel, fetch, order
from tests.storms.actors.stores import store
from tests.storms.kernel import LOST, Asking, Call, Simulation
from tests.storms.processes import Worker
from tests.storms.stage import fresh
from tests.storms.storm import Storm
from tests.storms.town import CODES, SET, SKUS
from tests.storms.weather import Fault, Weather
from tests.worlds import order_request

from ovunque.delivery.model import Service
from ovunque.kernel.ids import parse_public_id
from ovunque.orders.model import DeliveryRequest, OnShortage
from ovunque.platform.embedded import Cluster

EXAMPLES = int(os.environ.get("OVUNQUE_EXAMPLES", "4"))
STEPS = 20 if EXAMPLES < 10 else 50
PATIENCE = 20  # Then whoever asks has asked often enough.

carts = st.lists(
    st.tuples(st.sampled_from((*SKUS, SET)), st.integers(1, 3)),
    min_size=1,
    max_size=2,
    unique_by=lambda each: each[0],
)
places = st.sampled_from(CODES)
faults = st.sampled_from([each for each in Fault if each not in (Fault.LOST, Fault.DELAYED)])


@dataclass
class Drawn(Weather):
    """Strikes when the machine has said so, once."""

    pending: list[Fault] = field(default_factory=list)

    def strikes(self, fault: Fault) -> bool:
        if self.calm or fault not in self.pending:
            return False
        self.pending.remove(fault)
        self.struck[fault.value] += 1
        return True


class Plain(Simulation):
    """Goes no rare way by chance."""

    def rare(self, name: str) -> bool:
        return False


class Quiet(Storm):
    """A town where nobody does anything by themselves until the end."""

    simulation = Plain

    def people(self) -> None:
        """They do what the machine says."""

    def work_on(self, worker: Worker) -> None:
        if self.sim.weather.calm:
            super().work_on(worker)

    def wake(self) -> None:
        for code in CODES:
            self.sim.spawn(f"store {code}", store(self.town, code))
            self.sim.spawn(f"carrier at {code}", carrier(self.town, code))
        self.sim.spawn("head office", office.decider(self.town))
        for rule_code in office.RULES:
            self.sim.spawn("merchandiser", office.give_free(self.town, rule_code))
        for each in self.processes:
            if isinstance(each, Worker):
                self.work_on(each)


class Machine(RuleBasedStateMachine):
    orders: Bundle[str] = Bundle("orders")
    holds: Bundle[tuple[str, Any]] = Bundle("holds")

    def __init__(self, town: Cluster) -> None:
        super().__init__()
        self.ending = ExitStack()
        logs = self.ending.enter_context(capture_logs())
        url = self.ending.enter_context(fresh(town))
        self.storm = Quiet(0, url, weather=lambda chance: Drawn(chance, {}))
        self.ending.callback(self.storm.database.close)
        self.storm.logs = logs
        self.storm.set_out()
        self.sim, self.town = self.storm.sim, self.storm.town
        self.keys = 0

    def name(self) -> str:
        self.keys += 1
        return f"s{self.keys}"

    # How things are done.

    def drive(self, asking: Asking) -> Any:
        """Play somebody until they have their answer, or have asked often enough."""
        told: Any = None
        for _ in range(PATIENCE):
            try:
                wish = asking.send(told)
            except StopIteration as done:
                return done.value
            told = self.ask(wish) if isinstance(wish, Call) else self.wait(wish)
        return LOST

    def ask(self, call: Call) -> Any:
        told: list[Any] = []
        for _ in range(1 + self.sim.weather.strikes(Fault.DOUBLED)):
            self.sim._arrive(0, call, told.append)
            self.wait(timedelta(seconds=1))
        if not told or self.sim.weather.strikes(Fault.ANSWER_LOST):
            return LOST
        return told[0]

    def wait(self, delay: timedelta) -> Any:
        self.storm.go_on(self.sim.now + delay, whole=False)

    # Who does what.

    @rule(target=orders, cart=carts, shortage=st.sampled_from(OnShortage), place=places)
    def order(self, cart: Any, shortage: OnShortage, place: str) -> Any:
        key = self.name()
        request = replace(order_request(cart, key), on_shortage=shortage)
        if place != CODES[0]:
            delivery = DeliveryRequest(service=Service.COLLECT, location=place)
            request = replace(request, deliveries=(delivery,))
        answer = self.drive(order(self.town, key, request))
        if answer is LOST or not answer.done:
            return multiple()
        if place != CODES[0]:
            self.sim.spawn(key, fetch(self.town, key, answer.body["id"], place))
        return key

    @rule(target=holds, cart=carts, minutes=st.integers(1, 90))
    def hold(self, cart: Any, minutes: int) -> Any:
        name = self.name()
        call = holders.holding(self.town, name, cart, (minutes, ""))
        answer = self.drive(holders.come_again(self.town, call))
        if answer is LOST or not answer.done:
            return multiple()
        return answer.body["id"], cart

    @rule(held=holds)
    def extend(self, held: Any) -> None:
        self.drive(holders.extend(self.town, held[0]))

    @rule(held=consumes(holds))
    def release(self, held: Any) -> None:
        self.drive(holders.come_again(self.town, holders.releasing(self.town, "it", held[0])))

    @rule(target=orders, held=holds)
    def order_what_is_held(self, held: Any) -> Any:
        key = self.name()
        request = order_request(held[1], key)
        delivery = replace(request.deliveries[0], hold=parse_public_id("hld", held[0]))
        request = replace(request, deliveries=(delivery,))
        answer = self.drive(order(self.town, key, request))
        return key if answer is not LOST and answer.done else multiple()

    @rule(key=orders)
    def cancel(self, key: str) -> None:
        self.drive(cancel(self.town, key, str(self.town.orders[key]), "customer"))

    @rule(code=places)
    def count(self, code: str) -> None:
        self.drive(feeds.count(self.town, code))

    @rule(code=places, sku=st.sampled_from(SKUS))
    def sell_in_store(self, code: str, sku: str) -> None:
        if self.town.on_shelf(code, sku) > 0:
            self.town.building[code, sku] -= 1
            self.drive(feeds.move(self.town, code, "sold_in_store", (sku, 1)))

    @rule(code=places, sku=st.sampled_from(SKUS), units=st.integers(1, 3))
    def receive_goods(self, code: str, sku: str, units: int) -> None:
        self.town.building[code, sku] += units
        self.drive(feeds.move(self.town, code, "received", (sku, units)))

    @rule(code=places, sku=st.sampled_from(SKUS))
    def lose_goods(self, code: str, sku: str) -> None:
        if self.town.on_shelf(code, sku) > 0:
            self.town.building[code, sku] -= 1

    @rule(way=st.lists(places, min_size=2, max_size=2, unique=True), sku=st.sampled_from(SKUS))
    def transfer(self, way: Any, sku: str) -> None:
        if self.town.on_shelf(way[0], sku) > 0:
            self.sim.spawn("transfer", movers.transfer(self.town, way[0], way[1], {sku: 1}))

    @rule(code=places, sku=st.sampled_from(SKUS))
    def announce(self, code: str, sku: str) -> None:
        self.sim.spawn("supplier", movers.delivery(self.town, code, sku))

    @rule(code=places, nth=st.integers(0, 2), whole=st.booleans())
    def work(self, code: str, nth: int, whole: bool) -> None:
        """A store does one of its tasks, or takes it on and leaves it."""
        tasks = stores.tasks_of(self.town, code)
        if tasks and not whole and tasks[nth % len(tasks)].state == "offered":
            self.drive(stores.accept(self.town, code, tasks[nth % len(tasks)]))
        elif tasks:
            self.drive(stores.work_on(self.town, code, tasks[nth % len(tasks)]))

    @rule(code=places)
    def send_parcels(self, code: str) -> None:
        self.drive(visit(self.town, code))

    @rule(code=st.sampled_from(office.RULES))
    def protect(self, code: str) -> None:
        self.drive(office.protect(self.town, code))

    @rule()
    def tick(self) -> None:
        for each in self.storm.processes:
            if isinstance(each, Worker):
                each.tick()

    @rule(minutes=st.integers(1, 120))
    def pass_time(self, minutes: int) -> None:
        self.wait(timedelta(minutes=minutes))

    @rule(fault=faults)
    def fail_next(self, fault: Fault) -> None:
        weather = self.sim.weather
        assert isinstance(weather, Drawn)
        weather.pending.append(fault)

    @invariant()
    def all_is_true(self) -> None:
        oracle.check_written(self.storm.database, self.storm.database.moments.written)
        self.storm.database.moments.written.clear()

    def teardown(self) -> None:
        """Calm: everything that was begun comes to its end, if nothing was found before."""
        with self.ending:
            if sys.exc_info()[0] is None:
                self.storm.calm_down()
                self.storm.wake()
                self.storm.come_to_rest()


def test_no_few_steps_break_the_house(town: Cluster) -> None:
    run_state_machine_as_test(
        partial(Machine, town),  # type: ignore[arg-type]  # Whatever makes one.
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=EXAMPLES < 10,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
