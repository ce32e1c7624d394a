-- Closes an attempt that can't do so itself: as an error if it is dead.
-- With the lowest version after its last row: if the attempt did record its end, but that row is still in the outbox of
-- another machine, it wins when it arrives.
INSERT INTO meta.etl_runs
SELECT * REPLACE ( -- noqa: AM04, PRS
    now64(6) AS finished_at,
    {status:String} AS status,
    {err_msg:String} AS err_msg,
    runs._ver + 1 AS _ver
)
FROM meta.etl_runs AS runs FINAL
WHERE runs.run_id = {run_id:UUID} AND runs.status = 'running'
