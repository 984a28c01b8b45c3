-- One purchase as an application would write it: what Tier records in one transaction, what Points posts in another.
-- Without the durable acceptance in between, and without a move: generous to this side.
\set number random(1, :members)
\set receipt random(1, 1000000000000000)
BEGIN;
SELECT level, spend, visits, points, treatments, version FROM tier.standing
WHERE shard = (crc32(convert_to('B' || :number::text, 'UTF8')) % 4096)::smallint AND member_id = 'B' || :number::text
FOR UPDATE;
INSERT INTO tier.activity (transaction_id, shard, member_id, occurred_on, property, base_micropoints, spend, visits,
                           points, level, level_bp, property_bp, ordinal, revision, move_reason, level_after, system)
VALUES ('S' || :receipt::text, (crc32(convert_to('B' || :number::text, 'UTF8')) % 4096)::smallint,
        'B' || :number::text, date '2026-06-15', 0, 100000000, 10000, 1, 100, 0, 10000, 10000, 1, 1, 0, 0, 0);
INSERT INTO tier.activity_day AS known (shard, member_id, day, spend, visits, points)
VALUES ((crc32(convert_to('B' || :number::text, 'UTF8')) % 4096)::smallint, 'B' || :number::text,
        date '2026-06-15', 10000, 1, 100)
ON CONFLICT (shard, member_id, day) DO UPDATE
SET spend = known.spend + excluded.spend, visits = known.visits + excluded.visits,
    points = known.points + excluded.points;
UPDATE tier.standing
SET spend = spend + 10000, visits = visits + 1, points = points + 100, treatments = treatments + 1,
    active_on = date '2026-06-15', evaluated_on = date '2026-06-15', version = version + 1
WHERE shard = (crc32(convert_to('B' || :number::text, 'UTF8')) % 4096)::smallint AND member_id = 'B' || :number::text;
COMMIT;
BEGIN;
INSERT INTO points.entry (transaction_id, entry_id, kind, payload_hash, shard, member_id, property_id, occurred_us,
                          service_minor, addon_minor, product_minor, package_minor, treatments, occurred_on,
                          base_micropoints, qualifying_spend_minor, points_revision, points, level_multiplier_bp,
                          property_multiplier_bp, level, treatment_ordinal, level_after, move_reason, tier_revision)
VALUES ('S' || :receipt::text, nextval('points.entry_id_seq'), 1, '\x00112233445566778899aabbccddeeff'::bytea,
        (crc32(convert_to('B' || :number::text, 'UTF8')) % 4096)::smallint, 'B' || :number::text, 'app',
        1781496000000000, 10000, 0, 0, 0, 1, date '2026-06-15', 100000000, 10000, 1, 100, 10000, 10000, 'crystal', 1,
        'crystal', 0, 1);
INSERT INTO points.account AS known (shard, member_id, balance, lifetime_earned)
VALUES ((crc32(convert_to('B' || :number::text, 'UTF8')) % 4096)::smallint, 'B' || :number::text, 100, 100)
ON CONFLICT (shard, member_id) DO UPDATE
SET balance = known.balance + excluded.balance, lifetime_earned = known.lifetime_earned + excluded.lifetime_earned;
COMMIT;
