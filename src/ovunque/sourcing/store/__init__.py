"""The sourcing room's SQL."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from ovunque.platform.database import Tx, document
from ovunque.sourcing.model import Candidates

COUNTER = UUID(int=0)  # In a list of services: handed over, with no carrier.


def add_candidates(tx: Tx, candidates: Iterable[Candidates]) -> None:
    """Keep lists by their digests; the same list is kept once."""
    tx.execute(
        """
        insert into candidate_list (digest, location_ids, service_ids)
        select digest, location_ids, service_ids
          from json_to_recordset(%(rows)s)
            as told (digest text, location_ids uuid[], service_ids uuid[])
         order by digest
        on conflict do nothing
        """,
        {
            "rows": document(
                [
                    {
                        "digest": each.digest,
                        "location_ids": each.location_ids,
                        "service_ids": [id_ or COUNTER for id_ in each.service_ids],
                    }
                    for each in candidates
                ]
            )
        },
    )


def list_candidates(
    tx: Tx, digests: Sequence[str]
) -> dict[str, tuple[Sequence[UUID], Sequence[UUID | None]]]:
    """Locations and services by digest."""
    rows = tx.execute(
        """
        select digest, location_ids, service_ids from candidate_list
         where digest = any(%(digests)s::text[])
        """,
        {"digests": list(digests)},
    )
    return {
        digest: (location_ids, [None if id_ == COUNTER else id_ for id_ in service_ids])
        for digest, location_ids, service_ids in rows
    }
