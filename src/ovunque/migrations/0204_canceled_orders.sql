-- Orders of which something was canceled: those that were canceled whole are among them, and found
-- without looking at all the others.
create view order_partly_canceled as
select order_id from order_line where canceled > 0;
