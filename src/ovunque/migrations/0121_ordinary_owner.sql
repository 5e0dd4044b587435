-- An owner that is no superuser may act in the roles that it has created: from PostgreSQL 16 on that
-- has to be said, and being a member is not enough.
do $$
begin
  if not pg_has_role(current_user, 'ovunque_system', 'usage') then
    execute format('grant ovunque_system, ovunque_store to %I', current_user);
  end if;
end
$$;
