"""What is always true of carriers' terms."""

from ovunque.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        name="terms of a carrier took effect one after the other, of a service that is there",
        sql="""
        select carrier || '/' || service || ' ' || number || ': ' || published_at
          from (select carrier, service, number, published_at,
                       row_number() over (partition by carrier, service order by number) as nth
                  from carrier_publication) as told
         where number <> nth
        union all
        select told.carrier || '/' || told.service || ' ' || told.number || ': no such service'
          from carrier_publication as told
         where not exists (select from carrier_service as standing
                            where (standing.carrier, standing.service)
                                = (told.carrier, told.service))
        """,
    ),
    Invariant(
        name="on no day a lane has two tariffs",
        sql="""
        select before.lane_id || ': ' || after.valid_from
          from lane_tariff as before
          join lane_tariff as after
            on after.lane_id = before.lane_id and after.valid_from > before.valid_from
           and after.valid_from <= before.valid_until
        """,
    ),
    Invariant(
        name="a cap of parcels is of a place that is there",
        sql="""
        select location || ': ' || parcels_per_day_max from volume_cap
         where location <> ''
           and not exists (select from location as place where place.code = volume_cap.location)
        """,
    ),
)
