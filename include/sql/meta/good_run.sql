-- The last good run of a job for a Moscow day, if there is one.
SELECT last_finished_at
FROM meta.v_good_days
WHERE job = {job:String} AND day = {day:Date}
