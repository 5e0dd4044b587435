-- Single pieces: each an item of its own that exists once, beside the new item that it is like.
create table item_piece (
  sku          text collate "C" primary key references item,
  like_sku     text collate "C" not null references item,
  serial       text collate "C" not null unique check (length(serial) between 1 and 100),
  note         text,                -- what wear shows, in words
  photos       text[] not null,
  location_id  uuid not null,       -- where it was taken in
  listed_at    timestamptz not null,
  withdrawn_at timestamptz,
  check (sku <> like_sku)
);
create index item_piece_like on item_piece (like_sku);
