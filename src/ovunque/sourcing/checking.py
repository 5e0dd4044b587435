"""What is always true of strategies."""

from ovunque.platform.invariants import Invariant

INVARIANTS = (
    Invariant(
        name="versions of a strategy count up, each later than the one before",
        sql="""
        select code || ' ' || number
          from (select code, number, published_at,
                       row_number() over of_strategy as nth,
                       lag(published_at) over of_strategy as before
                  from strategy_version
                window of_strategy as (partition by code order by number)) as told
         where number <> nth or published_at < before
        union all
        select code || ' ' || number || ': says it is ' || coalesce(document ->> 'code', 'nothing')
          from strategy_version where document ->> 'code' is distinct from code
        """,
    ),
    Invariant(
        name="a version brings back an older one, and what began is not withdrawn",
        sql="""
        select code || ' ' || number from strategy_version as version
         where restores is not null
           and (restores >= number
                or not exists (select from strategy_version
                                where (code, number) = (version.code, version.restores)))
        union all
        select code || ' ' || number || ': withdrawn after it began' from strategy_version
         where withdrawn_at > starts_at
        """,
    ),
)
