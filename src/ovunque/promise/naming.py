"""What promises are counted by, in the words that people and programs know."""

from uuid import UUID

from ovunque.sourcing.snapshot import Snapshot


def name_of(key: str, by: str, snapshot: Snapshot) -> str:
    """Locations by their codes, carriers as `carrier/service`; what is gone stays as it is."""
    if by == "location":
        return _location(key, snapshot)
    if by == "carrier":
        return _carrier(key, snapshot)
    if by == "lane":
        location, carrier, *destination = key.split(" ", 2)
        if not carrier:  # It was fetched there: nothing went anywhere.
            return _location(location, snapshot)
        return " ".join([_location(location, snapshot), _carrier(carrier, snapshot), *destination])
    return key


def _location(key: str, snapshot: Snapshot) -> str:
    at = snapshot.network.position_of.get(UUID(key)) if key else None
    return key if at is None else snapshot.network.locations[at].code


def _carrier(key: str, snapshot: Snapshot) -> str:
    services = {str(each.id): str(each.key) for each in snapshot.delivery.services}
    return services.get(key, key)
