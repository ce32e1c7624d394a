-- Plan and fact of each month, by account and city, and where the month will end.
-- Sales have no account: they stand under account 0, with the planned revenue of all accounts, so that no ruble is
-- counted twice. Everything is united and then summed: a plan without spend and spend without a plan both stand.
-- "To date" ends with the newest day that is loaded, of ads or of sales, whatever the clock says.
CREATE OR REPLACE VIEW bi.v_month_pacing DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
daily AS (
    SELECT
        stat_date AS d,
        account_id,
        city,
        spend,
        toDecimal64(0, 2) AS revenue
    FROM zakaz.dm_vk_ads_daily FINAL

    UNION ALL

    SELECT
        sale_date AS d,
        toUInt64(0) AS account_id,
        city,
        toDecimal64(0, 2) AS spend,
        revenue
    FROM zakaz.dm_sales_daily FINAL
),

-- All organisers of sales are account 0, so each of them must say so.
confirmed_zeros AS (
    SELECT
        account_id,
        day AS d
    FROM meta.source_totals FINAL
    GROUP BY account_id, d
    HAVING min(state = 'CONFIRMED_ZERO')
),

-- The days of each account that have data, or the source's word that there are none.
known AS (
    SELECT
        account_id,
        d
    FROM daily

    UNION ALL

    SELECT
        account_id,
        d
    FROM confirmed_zeros
),

-- Looked for in the year before the greatest day that ever had a row, which the engine has at hand: to merge all years
-- takes ten times as long.
(
    SELECT (max(ads_day), max(sales_day))
    FROM (
        SELECT
            max(stat_date) AS ads_day,
            toDate(0) AS sales_day
        FROM zakaz.dm_vk_ads_daily FINAL
        WHERE stat_date > (SELECT max(stat_date) FROM zakaz.dm_vk_ads_daily AS unmerged) - 366

        UNION ALL

        SELECT
            toDate(0) AS ads_day,
            max(sale_date) AS sales_day
        FROM zakaz.dm_sales_daily FINAL
        WHERE sale_date > (SELECT max(sale_date) FROM zakaz.dm_sales_daily AS unmerged) - 366

        UNION ALL

        SELECT
            maxIf(d, account_id != 0) AS ads_day,
            maxIf(d, account_id = 0) AS sales_day
        FROM confirmed_zeros
    ) AS newest_days
) AS newest,

(SELECT groupUniqArray(month) FROM zakaz.month_plan FINAL) AS planned_months,

-- Each once. DISTINCT takes ten times as long.
loaded AS (
    SELECT
        account_id,
        d
    FROM known
    GROUP BY account_id, d
),

loaded_of_month AS (
    SELECT
        toStartOfMonth(d) AS month,
        account_id,
        count() AS days
    FROM loaded
    GROUP BY month, account_id
),

-- The last four weeks by weekday: on how many days they were loaded, and the sums of these.
loaded_of_weekday AS (
    SELECT
        account_id,
        toDayOfWeek(d) AS weekday,
        count() AS days
    FROM loaded
    -- The first condition spares the engine the months before.
    WHERE d > least(newest.1, newest.2) - 28 AND d > if(account_id = 0, newest.2, newest.1) - 28
    GROUP BY account_id, weekday
),

usual AS (
    SELECT
        account_id,
        city,
        toDayOfWeek(d) AS weekday,
        toDecimal128(sum(spend), 4) AS spend,
        toDecimal128(sum(revenue), 4) AS revenue
    FROM daily
    WHERE d > least(newest.1, newest.2) - 28 AND d > if(account_id = 0, newest.2, newest.1) - 28
    GROUP BY account_id, city, weekday
),

-- How many of each weekday are left of the month that is under way, and of the planned ones after it.
left_of_month AS (
    SELECT
        is_sales,
        month,
        toDayOfWeek(day) AS weekday,
        count() AS days
    FROM (
        SELECT
            arrayJoin([false, true]) AS is_sales,
            if(is_sales, newest.2, newest.1) AS newest_day,
            arrayJoin(
                arrayDistinct(
                    arrayConcat(
                        [toStartOfMonth(newest_day + 1)],
                        arrayFilter(planned -> planned > newest_day, planned_months)
                    )
                )
            ) AS month,
            arrayJoin(zakaz_days(greatest(month, newest_day + 1), toLastDayOfMonth(month))) AS day
    ) AS days
    GROUP BY is_sales, month, weekday
),

united AS (
    SELECT
        toStartOfMonth(d) AS month,
        account_id,
        city,
        toDecimal64(0, 2) AS budget,
        spend,
        toDecimal128(0, 4) AS spend_left,
        toDecimal64(0, 2) AS revenue_plan,
        revenue,
        toDecimal128(0, 4) AS revenue_left
    FROM daily

    UNION ALL

    SELECT
        month,
        account_id,
        city,
        budget,
        toDecimal64(0, 2) AS spend,
        toDecimal128(0, 4) AS spend_left,
        toDecimal64(0, 2) AS revenue_plan,
        toDecimal64(0, 2) AS revenue,
        toDecimal128(0, 4) AS revenue_left
    FROM zakaz.month_plan FINAL

    UNION ALL

    SELECT
        month,
        toUInt64(0) AS account_id,
        city,
        toDecimal64(0, 2) AS budget,
        toDecimal64(0, 2) AS spend,
        toDecimal128(0, 4) AS spend_left,
        revenue_plan,
        toDecimal64(0, 2) AS revenue,
        toDecimal128(0, 4) AS revenue_left
    FROM zakaz.month_plan FINAL

    UNION ALL

    SELECT
        left_of_month.month AS month,
        usual.account_id AS account_id,
        usual.city AS city,
        toDecimal64(0, 2) AS budget,
        toDecimal64(0, 2) AS spend,
        usual.spend * left_of_month.days / loaded_of_weekday.days AS spend_left,
        toDecimal64(0, 2) AS revenue_plan,
        toDecimal64(0, 2) AS revenue,
        usual.revenue * left_of_month.days / loaded_of_weekday.days AS revenue_left
    FROM usual
    INNER JOIN loaded_of_weekday
        ON usual.account_id = loaded_of_weekday.account_id AND usual.weekday = loaded_of_weekday.weekday
    INNER JOIN left_of_month
        ON (usual.account_id = 0) = left_of_month.is_sales AND usual.weekday = left_of_month.weekday
),

months AS (
    SELECT
        month,
        account_id,
        city,
        sum(budget) AS budget,
        sum(spend) AS spend,
        spend + sum(spend_left) AS spend_forecast,
        sum(revenue_plan) AS revenue_plan,
        sum(revenue) AS revenue,
        revenue + sum(revenue_left) AS revenue_forecast,
        toDayOfMonth(toLastDayOfMonth(month)) AS days_in_month,
        least(
            days_in_month,
            greatest(0, dateDiff('day', month, if(account_id = 0, newest.2, newest.1)) + 1)
        ) AS days_passed
    FROM united
    GROUP BY month, account_id, city
)

SELECT
    months.month AS month,
    months.account_id AS account_id,
    months.city AS city,
    months.budget AS budget,
    months.spend AS spend,
    toDecimal128(months.budget, 4) * months.days_passed / months.days_in_month AS spend_expected,
    months.spend_forecast AS spend_forecast,
    months.revenue_plan AS revenue_plan,
    months.revenue AS revenue,
    toDecimal128(months.revenue_plan, 4) * months.days_passed / months.days_in_month AS revenue_expected,
    months.revenue_forecast AS revenue_forecast,
    loaded_of_month.days AS days_loaded,
    months.days_passed AS days_passed,
    months.days_in_month AS days_in_month,
    zakaz_account_name(months.account_id, accounts.account_name) AS account_name
FROM months
LEFT JOIN loaded_of_month
    ON months.month = loaded_of_month.month AND months.account_id = loaded_of_month.account_id
LEFT JOIN zakaz.dim_vk_account AS accounts FINAL ON months.account_id = accounts.account_id
