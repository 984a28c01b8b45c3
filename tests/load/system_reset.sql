-- The reset of 28 February 2011 as one statement that writes the same rows as the job tier-review: who earned less
-- than the maintenance of the level goes one level down into a new period; nobody else is written.
WITH written AS (
         UPDATE standing AS s
         SET level = s.level - 1, level_since = date '2011-02-28', spend = 0, visits = 0, points = 0,
             counted_from = date '2011-02-28', evaluated_on = date '2011-02-28', version = s.version + 1
         WHERE s.system = 0 AND s.evaluated_on < date '2011-02-28' AND s.level > 0
           AND s.points < CASE s.level WHEN 1 THEN 25 WHEN 2 THEN 75 ELSE 200 END
           AND s.shard BETWEEN :first AND :last
         RETURNING s.shard, s.member_id, old.level AS from_level, new.level AS to_level,
                   old.spend AS spend, old.visits AS visits, old.points AS points)
INSERT INTO move (shard, member_id, effective_on, system, from_level, to_level, from_rank, to_rank, reason, revision,
                  spend, visits, points, level_since, touchpoint, transaction_id, run_id)
SELECT shard, member_id, date '2011-02-28', 0, from_level, to_level, from_level, to_level, 9, 1,
       spend, visits, points, date '2011-02-28', 0, '', 'by-sql'
FROM written
-- Writing in the order of the indexes is worth the sort; sorting the update as well is not.
ORDER BY shard, member_id;
