"""What no invariant may let pass, planted by the owner behind the back of every rule."""

NOBODY = "'00000000-0000-0000-0000-00000000000f'::uuid"
UNPLACED = "(select order_id from order_line where sku = 'NO-SUCH')"
PAIR = "(select fulfillment_id from fulfillment_line where sku = 'COAT')"
LABELED = "(select fulfillment_id from parcel where state = 'labeled')"
GONE = "(select fulfillment_id from parcel where state = 'handed_over')"

WORK = """insert into fulfillment (id, order_id, delivery_nth, location_id, service, state,
                                   planned_at, offer_at, changed_at)
          values ({id}, {order}, 0, '00000000-0000-0000-0000-00000000000f', 'home', '{state}',
                  '2026-03-02', '2026-03-02', '2026-03-02')"""

PROMISE = """insert into promise (order_id, delivery_nth, earliest, latest, customer_price,
                                  emissions_g{more})
             values ({order}, 0, '2026-03-02', '2026-03-04', 0, 0{values})"""
SCORED = PROMISE.format(
    order=UNPLACED,
    more=", outcome, arrived_at, blame, scored_at",
    values=", '{outcome}', {arrived}, {blame}, '2026-03-05'",
)
MILESTONE = """insert into milestone (fulfillment_id, order_id, accept_by, pick_by, arrive_by,
                                      standing)
               values ({work}, {order}, '2026-03-02', '{pick}', '2026-03-04', 'on_track')"""

HOLD = f"""insert into hold (id, channel_id, client_id, reference, created_at, expires_at, lines,
                            ended, ended_at)
           values ({NOBODY}, {NOBODY}, {NOBODY}, '', '2026-03-02', '2199-03-02', '[]',
                   {{ended}})"""
HELD = f"""insert into reservation (id, line_id, sku, location_id, quantity, state, expires_at,
                                   channel_id, hold_id)
           values ({NOBODY}, {NOBODY}, 'COAT', {NOBODY}, 1, 'held', '{{until}}', {{channel}},
                   {NOBODY})"""
OPEN_HOLD = HOLD.format(ended="null, null")
ENDED_HOLD = HOLD.format(ended="'released', '2026-03-02'")

EDIT = "insert into order_edit (order_id, nth, edited_at, edited_by, version, contact_ids)"
VISIT = f"""insert into store_reservation (id, channel_id, location_id, customer_id, state, code,
                                           requested_at, answer_by, changed_at, stands_until)
            values ({NOBODY}, {NOBODY}, {NOBODY}, {NOBODY}, '{{state}}', '123456', '2026-03-02',
                    '2026-03-02', '2026-03-02', {{until}});
            insert into store_reservation_line (store_reservation_id, sku, quantity,
                                                reservation_id)
            values ({NOBODY}, {{line}}, {NOBODY})"""

STRATEGY = """insert into strategy (code) values ('home');
              insert into strategy_version (code, number, document, published_at, published_by,
                                            starts_at)
              values ('home', {number}, '{{"code": "{code}"}}', '2026-03-02', 'x', '2026-03-02');
              update strategy_version set number = number{more}"""

# What no invariant may let pass, planted by the owner behind the back of every rule and trigger.
PLANTED: dict[str, tuple[str, ...]] = {
    "on-hand is the last count and what moved since": (
        "update stock_level set on_hand = on_hand + 1 where sku = 'BELT'",
        "delete from stock_movement where sku = 'BELT'",
        "update stock_movement set quantity = quantity + 5 where sku = 'BELT'",
    ),
    "nobody is asked to prepare what its customer is still asked about": (
        f"""insert into pickup_question (order_id, delivery_nth, location_id, asked_at)
            select order_id, delivery_nth, location_id, '2026-03-02' from fulfillment
             where id in {LABELED} limit 1""",
    ),
    "nobody is asked to prepare an order that is kept back": (
        """insert into order_hold (order_id, reason, owner, held_at, held_by)
           select order_id, 'fraud', 'ada', '2026-03-02', 'ada' from fulfillment
            where state = 'offered' limit 1""",
    ),
    "what waits for a customer does not wait for ever": (
        f"""update fulfillment set state = 'ready', pickup_code = '123456',
                                  carrier_service_id = null
             where id in {PAIR}""",
    ),
    "what a count confirmed is what we have": (
        """insert into stock_confirmation (source, recorded_at, lag_s, skew_s, span, skus,
                                           location_ids, as_ofs, on_hands)
           select 'wms', now(), 0, 0, sku_range(sku, sku, '[]'), array[sku], array[location_id],
                  array[now() + interval '1 day'], array[on_hand + 1]
             from stock_level where sku = 'BELT' limit 1""",
    ),
    "reserved is the sum of the open reservations": (
        "update stock_level set reserved = reserved - 1 where sku = 'BELT'",
        f"""insert into reservation (id, line_id, sku, location_id, quantity, state, expires_at)
            values ({NOBODY}, {NOBODY}, 'GHOST', {NOBODY}, 1, 'held', '2026-03-02')""",
    ),
    "who holds units has a hold that stands as long": (
        HELD.format(until="2199-03-02", channel=NOBODY),
        f"{ENDED_HOLD}; {HELD.format(until='2199-03-02', channel=NOBODY)}",
        f"{OPEN_HOLD}; {HELD.format(until='2199-03-03', channel=NOBODY)}",
        f"{OPEN_HOLD}; {HELD.format(until='2199-03-02', channel='null')}",
    ),
    "unavailable is the sum of what is out of sale, by reason": (
        "update stock_level set unavailable = unavailable + 1 where sku = 'BELT'",
        "delete from stock_unavailable",
        f"insert into stock_unavailable values ('GHOST', {NOBODY}, 'damaged', 1)",
    ),
    "nothing is short unless a shortage names the gap": (
        "delete from shortage",
        "update shortage set units = units + 1",
        f"insert into shortage values ('GHOST', {NOBODY}, 1, '2026-03-02')",
        """insert into shortage
           select sku, location_id, 1, '2026-03-02' from stock_level where sku = 'BELT'""",
    ),
    "of a single piece there is one": (
        f"""insert into item_piece (sku, like_sku, serial, photos, location_id, listed_at)
            values ('BELT', 'COAT', 'SN-1', '{{}}', {NOBODY}, '2026-03-02')""",
    ),
    "nothing lies below nothing": ("update stock_level set on_hand = -1 where sku = 'BELT'",),
    "somebody counts what is short": ("delete from stock_count_task",),
    "what left in a transfer has come, is under way or is missing": (
        f"insert into transfer_line values ({NOBODY}, 'BELT', 1, 1, 0, 0)",
        f"""insert into transfer (id, from_id, to_id, state, planned_at, planned_by)
            values ({NOBODY}, {NOBODY}, '00000000-0000-0000-0000-00000000000e', 'planned',
                    '2026-03-02', 'x');
            insert into transfer_line values ({NOBODY}, 'BELT', 1, 1, 1, 0)""",
    ),
    "what has come of a delivery is the sum of its receipts": (
        "update stock_incoming set received = received + 1",
        "update stock_movement set reference = 'PO-9' where reference is not null",
    ),
    "a movement belongs to a level": (
        f"""insert into stock_movement (source, id, sku, location_id, kind, quantity, occurred_at,
                                        recorded_at)
            values ('till', '9', 'GHOST', {NOBODY}, 'received', 1, '2026-03-02', '2026-03-02')""",
    ),
    "every edit of an order stands in its story, and whence it led is known": (
        f"{EDIT} select id, 1, '2026-03-02', 'ada', 1, '{{}}' from customer_order limit 1",
        """insert into journal (epoch, at, kind, actor, order_id, order_seq, subject, body)
           select epoch, at, 'order.edited', actor, order_id, order_seq + 1000, subject,
                  '{"nth": 1}' from journal where kind = 'order.placed' limit 1""",
        f"""{EDIT} select id, 1, '2026-03-02', 'ada', 1, array[{NOBODY}]
                     from customer_order limit 1;
            insert into journal (epoch, at, kind, actor, order_id, order_seq, subject, body)
            select epoch, at, 'order.edited', actor, order_id, order_seq + 1000, subject,
                   '{{"nth": 1}}' from journal
             where kind = 'order.placed' and order_id = (select order_id from order_edit)""",
    ),
    "no row of an order stands without its order": (
        f"{EDIT} values ({NOBODY}, 1, '2026-03-02', 'ada', 1, '{{}}')",
        "delete from customer_order where number = (select min(number) from customer_order)",
        f"""insert into order_line (id, order_id, nth, delivery_nth, sku, ordered, unit_price,
                                    discount, home_available, unplaced, backordered, canceled)
            values ({NOBODY}, {NOBODY}, 0, 0, 'COAT', 1, 1, 0, 0, 0, 0, 1)""",
        f"insert into delivery (order_id, nth, service) values ({NOBODY}, 0, 'home')",
        f"insert into order_charge values ({NOBODY}, 0, 'shipping', 1)",
        f"insert into pickup_agreement (order_id, delivery_nth) values ({NOBODY}, 0)",
        f"""insert into order_hold (order_id, reason, owner, held_at, held_by)
            values ({NOBODY}, 'fraud', 'ada', '2026-03-02', 'ada')""",
        f"insert into decision values ({NOBODY}, 1, '2026-03-02', '{{}}')",
        WORK.format(id=NOBODY, order=NOBODY, state="canceled"),
        f"""insert into timeline values ({NOBODY}, 1);
            insert into journal (epoch, at, kind, actor, order_id, order_seq, subject, body)
            values (1, '2026-03-02', 'order.placed', 'x', {NOBODY}, 1, '', '{{}}')""",
    ),
    "every order has a line, a delivery for it, a customer and a story": (
        f"delete from order_line where order_id = {UNPLACED}",
        "delete from journal where order_id is not null; delete from timeline",
        "delete from customer",
        "update order_line set delivery_nth = 7 where sku = 'COAT'",
        "delete from delivery where nth = 0",
        "delete from contact",
    ),
    "a line is at work in its own order, for all that was ordered, sets as a whole": (
        "update order_line set unplaced = 0, canceled = 1 where sku = 'NO-SUCH'",
        "update order_line set ordered = ordered + 1 where sku = 'COAT'",
        "update order_line set unplaced = 0 where sku = 'NO-SUCH'",
        f"update fulfillment set state = 'canceled' where id = {PAIR}",
        f"update fulfillment_line set quantity = 9 where fulfillment_id = {PAIR}",
        "update order_line set ordered = ordered + 1 where sku = 'SET'",
        "update order_line set canceled = ordered where sku = 'SET'",
        """update fulfillment_line set quantity = quantity + 1
            where sku = 'BELT' and line_id in (select id from order_line where sku = 'SET')""",
        f"update fulfillment_line set line_id = {NOBODY} where sku = 'COAT'",
        f"update fulfillment set delivery_nth = 1 where id = {PAIR}",
        f"update fulfillment set order_id = {UNPLACED} where id = {PAIR}",
    ),
    "what waits for goods is what lines say": (
        "delete from stock_awaited",
        "update stock_awaited set units = units + 1",
        "update stock_awaited set due_on = '2026-03-02'",
        f"insert into stock_awaited values ({NOBODY}, 'COAT', {NOBODY}, 1, null)",
    ),
    "what an order was promised is kept with it, delivery by delivery": (
        PROMISE.format(order=NOBODY, more="", values=""),
        """update journal set body = body || '{"promises": 1}'
            where kind = 'order.placed' and order_seq = 1""",
        f"""{PROMISE.format(order=UNPLACED, more="", values="")};
            update promise set delivery_nth = 7""",
    ),
    "what became of a promise is what its arrival says": (
        SCORED.format(outcome="kept", arrived="null", blame="null"),
        SCORED.format(outcome="kept", arrived="'2026-03-05'", blame="null"),
        SCORED.format(outcome="kept", arrived="'2026-03-01'", blame="null"),
        SCORED.format(outcome="early", arrived="'2026-03-03'", blame="null"),
        SCORED.format(outcome="late", arrived="'2026-03-03'", blame="'store'"),
        SCORED.format(outcome="late", arrived="null", blame="null"),
        SCORED.format(outcome="void", arrived="'2026-03-03'", blame="null"),
    ),
    "how a promise stands is what was told of it": (
        PROMISE.format(order=UNPLACED, more=", standing", values=", 'at_risk'"),
        PROMISE.format(order=UNPLACED, more=", standing", values=", 'late'"),
        PROMISE.format(
            order=UNPLACED, more=", revised, revised_at", values=", '2026-03-09', '2026-03-04'"
        ),
    ),
    "milestones are those of work of the same order, one after the other": (
        MILESTONE.format(work=NOBODY, order=UNPLACED, pick="2026-03-02"),
        MILESTONE.format(work=PAIR, order=UNPLACED, pick="2026-03-02"),
        MILESTONE.format(
            work=PAIR,
            order=f"(select order_id from fulfillment where id = {PAIR})",
            pick="2026-03-09",
        ),
    ),
    "no claim is the work of two": (
        f"""insert into fulfillment_line (fulfillment_id, line_id, reservation_id, sku, quantity)
            select {NOBODY}, line_id, reservation_id, sku, quantity
              from fulfillment_line where fulfillment_id = {PAIR}""",
    ),
    "work holds its units, there and in that quantity, until they leave": (
        f"""insert into reservation (id, order_id, line_id, sku, location_id, quantity, state)
            values ({NOBODY}, {NOBODY}, {NOBODY}, 'COAT', {NOBODY}, 1, 'released')""",
        f"delete from fulfillment_line where fulfillment_id = {PAIR} and sku = 'HAT'",
        f"""insert into reservation (id, order_id, line_id, sku, location_id, quantity, state)
            values ({NOBODY}, {UNPLACED}, {NOBODY}, 'COAT', {NOBODY}, 1, 'consumed')""",
        f"update fulfillment_line set quantity = 9 where fulfillment_id = {PAIR}",
        f"update fulfillment_line set sku = 'GHOST' where fulfillment_id = {PAIR}",
        f"update fulfillment_line set line_id = {NOBODY} where sku = 'COAT'",
        f"update fulfillment_line set reservation_id = {NOBODY} where sku = 'COAT'",
        f"update fulfillment set location_id = {NOBODY} where id = {PAIR}",
        f"update fulfillment set state = 'shipped' where id = {PAIR}",
        f"""update fulfillment
               set state = 'rejected', replaced_at = '2026-03-02', resource_at = null
             where id = {PAIR}""",
        "update reservation set state = 'consumed' where sku = 'COAT'",
        "update reservation set state = 'released' where sku = 'BELT'",
    ),
    "what has left is a movement of ours, and once": (
        "delete from stock_movement where source = 'ovunque'",
        "update stock_movement set quantity = quantity - 1 where source = 'ovunque'",
        "update stock_movement set kind = 'adjusted' where source = 'ovunque'",
        f"""insert into stock_movement (source, id, sku, location_id, kind, quantity, occurred_at,
                                        recorded_at)
            select 'ovunque', 'x', 'BELT', {NOBODY}, 'shipped', -1, '2026-03-02', '2026-03-02'""",
    ),
    "a parcel holds what was packed for its own fulfillment": (
        "update parcel set state = 'voided' where state = 'labeled'",
        f"update parcel set location_id = {NOBODY} where state = 'labeled'",
        f"update parcel set order_id = {NOBODY} where state = 'labeled'",
        f"update parcel set fulfillment_id = {PAIR} where state = 'labeled'",
        f"update fulfillment_line set parcel_id = null where fulfillment_id = {LABELED}",
        f"""update fulfillment_line set parcel_id = (select id from parcel where state = 'labeled')
             where fulfillment_id = {GONE}""",
    ),
    "work has come as far as its parcels": (
        f"update fulfillment set state = 'picked' where id = {LABELED}",
        f"update fulfillment set state = 'packed' where id = {LABELED}",
        f"update fulfillment set state = 'shipped' where id = {LABELED}",
        f"update fulfillment set state = 'ready' where id = {GONE}",
        f"update fulfillment set state = 'delivered' where id = {GONE}",
        "update parcel set state = 'delivered' where state = 'handed_over'",
        f"""update fulfillment_line set picked = quantity, parcel_id = {NOBODY}
             where fulfillment_id = {PAIR};
            update parcel set id = {NOBODY} where state = 'labeled'""",
    ),
    "a carrier's visit is confirmed, called off, or being asked for": (
        f"""insert into carrier_pickup (id, location_id, carrier, starts_at, ends_at, booked_at,
                                        booked_by)
            values ({NOBODY}, {NOBODY}, 'gls', '2026-03-02', '2026-03-03', '2026-03-01', 'ada')""",
    ),
    "a parcel with a number has its label": (
        "delete from parcel_label",
        "update parcel set state = 'open', tracking = null where state = 'labeled'",
    ),
    "a parcel without a label has somebody to buy it": (
        "update parcel set state = 'open', tracking = null where state = 'labeled'",
    ),
    "who comes for goods that are ready has a code": (
        "update fulfillment set pickup_code = null where pickup_code is not null",
    ),
    "what is sent to a store is fetched there, once it has arrived": (
        f"update fulfillment set collect_at = {NOBODY} where carrier_service_id is not null",
    ),
    "an order moves to a better place twice at most, untouched, and in one piece": (
        f"""update fulfillment
               set state = 'withdrawn', replaced_at = '2026-03-02', rerouted_at = '2020-03-02'
             where id = {PAIR}""",
    ),
    "versions of a strategy count up, each later than the one before": (
        STRATEGY.format(number=2, code="home", more=""),
        STRATEGY.format(number=1, code="other", more=""),
    ),
    "a version brings back an older one, and what began is not withdrawn": (
        STRATEGY.format(number=1, code="home", more=", restores = 7"),
        STRATEGY.format(number=1, code="home", more=", withdrawn_at = '2199-03-02'"),
    ),
    "of a strategy one version is tried at a time, and none beside what followed it": (
        STRATEGY.format(number=1, code="home", more=", share_percent = 10")
        + """; insert into strategy_version (code, number, document, published_at, published_by,
                                            starts_at)
               values ('home', 2, '{"code": "home"}', '2026-03-03', 'x', '2026-03-03')""",
    ),
    "an order takes part in trials alone, on the side that its lot says": (
        STRATEGY.format(number=1, code="home", more="")
        + f"; insert into trial_order values ('home', 1, {NOBODY}, true)",
        STRATEGY.format(number=1, code="home", more=", share_percent = 1")
        + f"; insert into trial_order values ('home', 1, {NOBODY}, true)",
    ),
    "nobody is asked to prepare nothing": (
        WORK.format(id=NOBODY, order=UNPLACED, state="planned"),
        f"delete from fulfillment_line where fulfillment_id = {PAIR}",
    ),
    "what is offered waits for an answer, and nothing else does": (
        f"update fulfillment set state = 'offered' where id = {PAIR}",
        "delete from offer where state = 'open'",
        """update offer
              set state = 'open', closed_at = null, closed_by = null, accept_by = opened_at""",
    ),
    "one location has what was offered, or those who may take it have its units": (
        f"update offer set location_id = {NOBODY} where state = 'open'",
    ),
    "who works on something has taken it": (
        "delete from offer where state = 'claimed'",
        f"update offer set location_id = {NOBODY} where state = 'claimed'",
        f"update fulfillment set state = 'picking' where id = {PAIR}",
    ),
    "what is picked has been counted": (
        f"update fulfillment_line set picked = 1 where fulfillment_id = {PAIR}",
        f"update fulfillment set state = 'picked' where id = {PAIR}",
    ),
    "the journal tells every step of every fulfillment": (
        f"update fulfillment set state = 'accepted' where id = {PAIR}",
        "update fulfillment set state = 'planned' where state = 'offered'",
        """update journal set body = jsonb_set(body, '{moved,0,1}', '"picked"')
            where body ? 'moved'""",
        """update journal set body = jsonb_set(body, '{moved,0,1}', 'null')
            where body ? 'moved'""",
        "update journal set body = body - 'moved' where kind = 'fulfillment.accepted'",
    ),
    "terms of a carrier took effect one after the other, of a service that is there": (
        "insert into carrier_publication values ('no', 'one', 1, '{}', '{}', 'x', '2026-03-02')",
        """insert into carrier_publication
           select carrier, service, 2, '{}', '{}', 'x', '2026-03-02' from carrier_service""",
    ),
    "on no day a lane has two tariffs": (
        """insert into lane_tariff
           select id, day, '2027-06-30', 0, '[]'
             from lane cross join (values (date '2027-01-01'), ('2027-06-01')) as told (day)""",
    ),
    "a cap of parcels is of a place that is there": (
        "insert into volume_cap select id, 'NOWHERE', 5 from carrier_service",
    ),
    "tables of prices counted one after the other, and each row says its price once": (
        "insert into price_publication values (9, '[]', 'x', '2026-03-02')",
        "update price_publication set rows = rows || rows",
    ),
    "the story of an order has no gaps": (
        "update timeline set last_seq = last_seq + 1",
        "update journal set order_seq = order_seq + 500 where order_id is not null",
    ),
    "every fact of an order belongs to a timeline": (
        f"""insert into journal (epoch, at, kind, actor, order_id, order_seq, subject, body)
            values (1, '2026-03-02', 'order.placed', 'x', {NOBODY}, 1, '', '{{}}')""",
    ),
    "what was booked of a shelf was scanned there, or not found": (
        f"insert into shelf_count_item values ({NOBODY}, 'COAT', 3, 3)",
        f"""with one as (insert into shelf_count values
              ({NOBODY}, {NOBODY}, 'free', '2026-03-02', 'x', '2026-03-03', 'x', 'booked'))
            insert into shelf_count_item values ({NOBODY}, 'COAT', 3, 3)""",
    ),
    "what a store keeps for a visit is reserved there until the visit is over": (
        VISIT.format(state="requested", until="null", line="'COAT', 1"),
        f"""insert into reservation (id, line_id, sku, location_id, quantity, state)
            values ({NOBODY}, {NOBODY}, 'COAT', {NOBODY}, 1, 'allocated')""",
    ),
    "the journal tells every step of every store reservation": (
        VISIT.format(state="expired", until="'2026-03-03'", line="'COAT', 1"),
    ),
}
