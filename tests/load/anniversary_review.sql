-- The anniversary review of July 2026 as one statement that writes the same rows as the job tier-review: activity
-- that has left the window is subtracted, who meets a threshold is renewed, all others enter grace.
WITH rung (level, spend, visits, grace) AS (
         VALUES (1, 300000, 15, interval '3 months'), (2, 1000000, 30, interval '6 months'),
                (3, 2500000, 60, interval '12 months')),
     leaving AS (
         SELECT a.shard, a.member_id, sum(a.spend) AS spend, sum(a.visits) AS visits, sum(a.points) AS points
         FROM standing AS s JOIN activity_day AS a ON a.shard = s.shard AND a.member_id = s.member_id
         WHERE s.review_on <= date '2026-07-31' AND s.shard BETWEEN :first AND :last
           AND a.shard BETWEEN :first AND :last
           AND a.day >= s.counted_from AND a.day < (s.review_on - interval '12 months')::date + 1
         GROUP BY a.shard, a.member_id),
     counted AS (
         SELECT s.shard, s.member_id, s.ctid AS place, s.level, s.review_on AS due,
                (s.spend - coalesce(l.spend, 0))::bigint AS spend,
                (s.visits - coalesce(l.visits, 0))::bigint AS visits,
                (s.points - coalesce(l.points, 0))::bigint AS points
         FROM standing AS s LEFT JOIN leaving AS l ON l.shard = s.shard AND l.member_id = s.member_id
         WHERE s.review_on <= date '2026-07-31' AND s.shard BETWEEN :first AND :last),
     decided AS MATERIALIZED (
         SELECT c.*, c.spend >= r.spend OR c.visits >= r.visits AS kept, (c.due + r.grace)::date AS grace_until
         FROM counted AS c JOIN rung AS r ON r.level = c.level
         -- Writing in the order of the indexes is worth the sort: a third less time than without.
         ORDER BY c.shard, c.member_id),
     written AS (
         UPDATE standing AS s
         SET review_on = (d.due + interval '12 months')::date,
             grace_from = CASE WHEN NOT d.kept THEN d.due END,
             grace_until = CASE WHEN NOT d.kept THEN d.grace_until END,
             spend = d.spend, visits = d.visits, points = d.points,
             counted_from = (d.due - interval '12 months')::date + 1, evaluated_on = d.due,
             version = s.version + 1
         FROM decided AS d WHERE s.ctid = d.place
         RETURNING s.shard, s.member_id, s.level, s.level_since, s.spend, s.visits, s.points, s.grace_until, d.due,
                   d.kept)
INSERT INTO move (shard, member_id, effective_on, system, from_level, to_level, from_rank, to_rank, reason, revision,
                  spend, visits, points, grace_until, level_since, touchpoint, transaction_id, run_id)
SELECT shard, member_id, due, 0, level, level, level, level, CASE WHEN kept THEN 4 ELSE 5 END, 1,
       spend, visits, points, grace_until, level_since, 0, '', 'by-sql'
FROM written;
