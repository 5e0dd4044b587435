-- A full feed asks what moved since the moment it tells of. Movements come nearly in the order of
-- their moments, so that a summary of each range of pages finds them, at no cost for who books them.
create index stock_movement_moment on stock_movement using brin (occurred_at)
  with (autosummarize = on);
