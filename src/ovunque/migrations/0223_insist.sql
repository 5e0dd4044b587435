-- What has to be true of a statement's own rows is looked at where it runs: the commit may then travel
-- with it, and nobody waits for an answer between the two.
create function insist(holds boolean, otherwise text, code text) returns void language plpgsql as $$
begin
  if holds is not true then
    raise exception using message = otherwise, errcode = code;
  end if;
end $$;
