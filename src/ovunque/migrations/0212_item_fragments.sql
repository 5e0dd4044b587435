-- Any fragment of an item is found by an index, also where the server has no trigrams of its own:
-- by each three letters that stand in a row somewhere in it.
create function fragments_of(told text) returns text[]
  language sql immutable strict parallel safe as $$
  select coalesce(array_agg(distinct substr(told, nth, 3)), '{}')
    from generate_series(1, length(told) - 2) as nth
$$;
create index item_fragments on item using gin (fragments_of(search));
