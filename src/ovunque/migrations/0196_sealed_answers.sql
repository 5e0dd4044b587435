-- Answers that tell of somebody and are older than their seal: what they say waits to be sealed, and
-- in clear stands whom they name, as with those of today.
update idempotency
   set sealed = '\x0000'::bytea || convert_to(body, 'UTF8'),
       body = (select json_agg(distinct name.found[1] order by name.found[1])::text
                 from regexp_matches(body, '((?:cus|ord)_[0-9a-z]{26})', 'g') as name (found))
 where sealed is null and status < 400 and body ~ '(cus|ord)_[0-9a-z]{26}';
