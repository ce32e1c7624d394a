-- The version for what is written now about some Moscow days, and the warehouse's own time in microseconds.
-- Above everything that stands for these days, in whatever table: what a clock that is ahead has written hides nothing.
SELECT
    zakaz_version(max(standing)) AS version,
    toUInt64(toUnixTimestamp64Micro(now64(6))) AS warehouse_now
FROM (
    SELECT max(_ver) AS standing
    FROM zakaz.stg_vk_ads_daily
    WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date}

    UNION ALL

    SELECT max(_ver) AS standing
    FROM zakaz.dm_vk_ads_daily
    WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date}

    UNION ALL

    SELECT max(_ver) AS standing
    FROM zakaz.dim_vk_tags
    WHERE month >= toStartOfMonth({from_date:Date})

    UNION ALL

    SELECT max(_ver) AS standing
    FROM zakaz.stg_qtickets_sales
    WHERE report_date BETWEEN {from_date:Date} AND {to_date:Date}

    UNION ALL

    SELECT max(_ver) AS standing
    FROM zakaz.dm_sales_daily
    WHERE sale_date BETWEEN {from_date:Date} AND {to_date:Date}

    UNION ALL

    SELECT max(_ver) AS standing
    FROM meta.source_totals
    WHERE day BETWEEN {from_date:Date} AND {to_date:Date}

    UNION ALL

    SELECT max(_ver) AS standing
    FROM meta.quality_results
    WHERE day BETWEEN {from_date:Date} AND {to_date:Date}
) AS tables
