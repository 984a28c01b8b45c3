-- Members of LuxeSpa whose anniversary review falls due in July 2026, in the order of their enrolment.
-- Three in ten earned too little to keep the level. Of most members some activity leaves the window by the day
-- of the review: it is in the sums of the standing, and on a day of its own.
SELECT setseed(0.25);

CREATE TEMPORARY TABLE drawn AS
WITH rung (level, spend, visits) AS (VALUES (1, 300000, 15), (2, 1000000, 30), (3, 2500000, 60)),
     person AS (
         SELECT 'B' || n AS member_id,
                CASE WHEN luck < 0.6 THEN 1 WHEN luck < 0.9 THEN 2 ELSE 3 END AS level,
                CASE WHEN random() < 0.3 THEN 0.2 + 0.75 * random() ELSE 1 + 0.6 * random() END AS share,
                date '2026-07-01' + (random() * 30)::int AS review_on,
                20 + (random() * 40)::int AS days_ago,
                random() < 0.7 AS has_leaving
         FROM (SELECT n, random() AS luck FROM generate_series(1, :members) AS n) AS numbered)
SELECT (crc32(convert_to(member_id, 'UTF8')) % 4096)::smallint AS shard,
       member_id, level::smallint, review_on, review_on - days_ago AS evaluated_on,
       ((review_on - days_ago) - interval '12 months')::date + 1 AS counted_from,
       (spend * share)::bigint AS spend, (visits * share)::bigint AS visits, (spend * share / 100)::bigint AS points,
       CASE WHEN has_leaving THEN (spend * 0.08)::bigint ELSE 0 END AS leaving_spend,
       CASE WHEN has_leaving THEN 1 ELSE 0 END AS leaving_visits,
       (days_ago * random() * 0.99)::int AS leaving_after,
       has_leaving
FROM person JOIN rung USING (level);

INSERT INTO standing (shard, member_id, enrolled_on, system, level, level_since, review_on,
                      active_on, spend, visits, points, counted_from, evaluated_on, treatments, version)
SELECT shard, member_id, date '2024-01-01', 0, level, (review_on - interval '12 months')::date, review_on,
       evaluated_on,
       spend + leaving_spend, visits + leaving_visits, points + leaving_spend / 100,
       counted_from, evaluated_on, visits + leaving_visits, 1
FROM drawn;

INSERT INTO activity_day (shard, member_id, day, spend, visits, points)
SELECT shard, member_id, counted_from + least(leaving_after, evaluated_days - 1),
       leaving_spend, leaving_visits, leaving_spend / 100
FROM (SELECT *, review_on - evaluated_on AS evaluated_days FROM drawn) AS dated WHERE has_leaving
UNION ALL
SELECT shard, member_id, evaluated_on, spend, visits, points FROM drawn;
