-- How far a figure may lie from the median of its history.
-- So many median deviations (1.4826 of them are one standard deviation of a normal history), but at least a share of
-- the median, so that a history that hardly moves does not make each ruble unusual.
CREATE OR REPLACE FUNCTION zakaz_usual_margin AS (history, deviations, min_share) -> greatest(
    deviations * 1.4826
    * arrayReduce('median', arrayMap(amount -> abs(amount - arrayReduce('median', history)), history)),
    min_share * arrayReduce('median', history)
)
