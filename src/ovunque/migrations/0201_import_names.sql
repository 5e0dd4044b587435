-- What a source calls a column of ours in the headers of its files: told once, remembered.
create table import_name (
  kind   text not null check (length(kind) between 1 and 40),
  source text not null,
  theirs text not null check (length(theirs) between 1 and 100),
  ours   text not null check (length(ours) between 1 and 100),
  primary key (kind, source, theirs)
);
