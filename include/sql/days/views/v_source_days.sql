-- The total of each source and fetched Moscow day. A doubtful day (SUSPECT_ZERO) has none.
-- A figure may be NULL: not said.
CREATE OR REPLACE VIEW meta.v_source_days DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    day,
    source,
    TRUE AS is_asked,
    countIf(state != 'CONFIRMED_ZERO') = 0 AS is_confirmed_zero,
    countIf(state != 'SUSPECT_ZERO') > 0 AS has_total,
    maxIf(_ver, state != 'SUSPECT_ZERO') AS version,
    map(
        'impressions', sumIf(impressions, state != 'SUSPECT_ZERO'),
        'clicks', sumIf(clicks, state != 'SUSPECT_ZERO'),
        if(source = 'vk_ads', 'spend', 'revenue'), sumIf(amount, state != 'SUSPECT_ZERO'),
        'tickets_sold', sumIf(tickets, state != 'SUSPECT_ZERO'),
        'refunds_amount', sumIf(refunds, state != 'SUSPECT_ZERO')
    ) AS figures
FROM meta.source_totals FINAL
GROUP BY day, source
