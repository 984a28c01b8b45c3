-- Members of Engage above the lowest level, before the reset of 28 February 2011, in the order of their enrolment.
-- Three in ten earned less than it takes to stay.
SELECT setseed(0.25);

INSERT INTO standing (shard, member_id, enrolled_on, system, level, level_since,
                      active_on, spend, visits, points, counted_from, evaluated_on, treatments, version)
WITH rung (level, points) AS (VALUES (1, 25), (2, 75), (3, 200)),
     person AS (
         SELECT 'B' || n AS member_id,
                CASE WHEN luck < 0.5 THEN 1 WHEN luck < 0.85 THEN 2 ELSE 3 END AS level,
                CASE WHEN random() < 0.3 THEN 0.9 * random() ELSE 1 + 2 * random() END AS share,
                date '2011-02-01' + (random() * 26)::int AS evaluated_on
         FROM (SELECT n, random() AS luck FROM generate_series(1, :members) AS n) AS numbered)
SELECT (crc32(convert_to(member_id, 'UTF8')) % 4096)::smallint, member_id, date '2010-01-01', 0, level,
       date '2010-12-31', evaluated_on, floor(points * share) * 100, 2, floor(points * share), date '2011-01-31', evaluated_on, 9, 1
FROM person JOIN rung USING (level);

INSERT INTO tier_system_state (system, last_reset) VALUES (0, date '2011-01-31');
