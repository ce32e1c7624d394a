-- Ends an attempt whose process is gone as an error.
-- The version is the lowest after that of its last word: should the attempt have said how it ended, and that row lies
-- on another machine's disk, it wins when it comes.
INSERT INTO meta.etl_runs
SELECT * REPLACE ( -- noqa: AM04, PRS
    now64(6) AS finished_at,
    'error' AS status,
    {err_msg:String} AS err_msg,
    runs._ver + 1 AS _ver
)
FROM meta.etl_runs AS runs FINAL
WHERE runs.run_id = {run_id:UUID} AND runs.status = 'running'
