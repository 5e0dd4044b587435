-- What a counter knows of goods that a customer fetches: where they lie, and how it went.
create table collection (
  fulfillment_id uuid primary key,
  shelf          text check (length(shelf) between 1 and 20),
  wrong_codes    int not null default 0 check (wrong_codes >= 0),
  collector      text check (length(collector) between 1 and 100),  -- Null: the customer.
  signature      text check (length(signature) <= 20000)            -- The path of a pen.
);
