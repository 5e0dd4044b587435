-- Where the fact of a message was written, if somebody traced that.
alter table webhook_message add column trace text not null default '';
