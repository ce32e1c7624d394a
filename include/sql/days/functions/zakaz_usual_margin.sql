-- How far a figure may be from the median of its history.
-- A number of median absolute deviations (1.4826 of them are one standard deviation of normal data), but at least a
-- share of the median, so that after a flat history not every ruble is unusual.
CREATE OR REPLACE FUNCTION zakaz_usual_margin AS (history, deviations, min_share) -> greatest(
    deviations * 1.4826
    * arrayReduce('median', arrayMap(amount -> abs(amount - arrayReduce('median', history)), history)),
    min_share * arrayReduce('median', history)
)
