-- The same members with the same ids as the callers of the API use, in both schemas.
INSERT INTO tier.standing (shard, member_id, enrolled_on, system, level, level_since,
                           active_on, spend, visits, points, counted_from, evaluated_on, treatments, version)
SELECT (crc32(convert_to('B' || n, 'UTF8')) % 4096)::smallint, 'B' || n, date '2026-01-01', 0, 0, date '2026-01-01',
       date '2026-01-01', 0, 0, 0, date '2025-01-02', date '2026-01-01', 0, 1
FROM generate_series(1, :members) AS n;
INSERT INTO points.account (shard, member_id, balance, lifetime_earned)
SELECT shard, member_id, 0, 0 FROM tier.standing;
VACUUM (ANALYZE) tier.standing;
VACUUM (ANALYZE) points.account;
