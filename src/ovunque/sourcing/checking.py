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
    Invariant(
        name="of a strategy one version is tried at a time, and none beside what followed it",
        sql="""
        select trial.code || ' ' || trial.number || ' beside ' || other.number
          from strategy_version as trial
          join strategy_version as other
            on other.code = trial.code and other.number <> trial.number
           and other.withdrawn_at is null and other.starts_at >= trial.starts_at
           and (trial.ended_at is null or other.starts_at < trial.ended_at)
           and (other.starts_at > trial.starts_at or other.number > trial.number)
         where trial.share_percent < 100 and trial.withdrawn_at is null
        """,
    ),
    Invariant(
        name="an order takes part in trials alone, on the side that its lot says",
        sql="""
        select trial_order.code || ' ' || trial_order.number || ': ' || order_id
          from trial_order join strategy_version using (code, number)
         where share_percent = 100
            or drawn <> (mod(('x' || left(encode(sha256(convert_to(
                   code || ' ' || number || ' ' || order_id, 'UTF8')), 'hex'), 8))
                 ::bit(32)::bigint, 100) < share_percent)
        """,
    ),
)
