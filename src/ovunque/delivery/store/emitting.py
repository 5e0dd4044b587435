"""SQL of emission factors."""

from collections.abc import Sequence

from ovunque.delivery.model import EmissionFactor
from ovunque.delivery.store import list_factors
from ovunque.platform.database import Tx, document


def lock_factors(tx: Tx) -> tuple[EmissionFactor, ...]:
    """All of them; who changes any waits for who changes others: there are few."""
    tx.execute("lock table emission_factor in share row exclusive mode")
    return list_factors(tx)


def save_factors(tx: Tx, factors: Sequence[EmissionFactor]) -> None:
    """Create or replace; the terms of a battery that was overwritten are not known any more."""
    tx.execute(
        """
        insert into emission_factor (vehicle, basis, carrier, service, region, year, ttw_f5,
                                     wtt_f5, quality, source, license)
        select vehicle, basis, carrier, service, region, year, ttw_f5, wtt_f5, quality, source,
               license
          from json_to_recordset(%(rows)s)
            as told (vehicle text, basis text, carrier text, service text, region text, year int,
                     ttw_f5 int, wtt_f5 int, quality text, source text, license text)
         order by vehicle, basis, carrier, service, region, year
        on conflict (vehicle, basis, carrier, service, region, year) do update
           set ttw_f5 = excluded.ttw_f5, wtt_f5 = excluded.wtt_f5, terms_f5 = null,
               quality = excluded.quality, source = excluded.source, license = excluded.license
        """,
        {"rows": document(list(factors))},
    )
