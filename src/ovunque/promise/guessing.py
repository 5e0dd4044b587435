"""What may be said where it is not known better: late rather than broken, and no plan behind it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta

from ovunque.delivery.model import Service
from ovunque.promise.model import EVERYWHERE, Option
from ovunque.promise.offering import Asking, Lines, worth

# True of every lane that a retailer sells over. What is fetched is not guessed at: a shopper who
# stands before a counter in vain has lost more than time.
DAYS: Mapping[str, int] = {Service.HOME: 10, Service.EXPRESS: 5}


def is_uncharted(asking: Asking) -> bool:
    """Whether the channel sells to that country, but nothing is known of the way there."""
    address = asking.request.address
    if address is None or address.country not in asking.channel.channel.countries:
        return False
    return asking.snapshot.delivery.zone_of(address.country, address.postal_code) is None


def guess(asking: Asking, lines: Lines) -> Iterator[Option]:
    """What holds whatever the lane, of each service that is asked for."""
    request, now = asking.request, asking.now
    if request.address is None:
        return
    for service in request.services or DAYS:
        mine = [(nth, line) for nth, line in lines if line.service in (None, service)]
        if service not in DAYS or not mine:
            continue
        counted: Counter[str] = Counter()
        for _, line in mine:
            counted[line.sku] += line.quantity
        yield Option(
            service=service,
            location_id=None,
            address=request.address,
            lines=tuple(sorted(counted.items())),
            parcels=(),
            earliest=now + timedelta(days=1),
            latest=now + timedelta(days=DAYS[service]),
            order_by=now,
            customer_price=asking.prices.of(
                request.channel, service, EVERYWHERE, worth(asking, mine)
            ),
            confidence_ppm=0,
        )
