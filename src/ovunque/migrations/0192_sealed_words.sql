-- What customers wrote and what counters noted of them, sealed as addresses are. What stood here in
-- clear gets the number of no key in front, until `ovunque customers reseal` has come by.
alter table customer_order add column words bytea;  -- [gift note, notes]; null: nothing was said.
update customer_order
   set words = '\x0000'::bytea || convert_to(json_build_array(gift, notes)::text, 'UTF8')
 where gift is not null or notes is not null;
alter table customer_order drop column gift, drop column notes;

alter table collection add column visitor bytea;  -- [what showed who they are, name, signature].
update collection
   set visitor = '\x0000'::bytea
                 || convert_to(json_build_array(shown, collector, signature)::text, 'UTF8')
 where shown is not null or collector is not null or signature is not null;
alter table collection drop column shown, drop column collector, drop column signature;

alter table pickup_agreement drop constraint pickup_agreement_collector_check;
alter table pickup_agreement alter column collector type bytea
  using '\x0000'::bytea || convert_to(collector, 'UTF8');
alter table store_reservation drop constraint store_reservation_note_check;
alter table store_reservation alter column note type bytea
  using '\x0000'::bytea || convert_to(note, 'UTF8');

-- An answer that tells of somebody is sealed; in clear stands whom it names, as a list. Those of
-- before are forgotten within thirty days.
alter table idempotency add column sealed bytea;
