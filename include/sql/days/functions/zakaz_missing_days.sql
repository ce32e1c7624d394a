-- The Moscow days that should have a good run at an instant and have none, oldest first.
-- Expected is each day from the first good one to the one that is due; until there is a good one, only the due day. Days
-- that VK Ads no longer serves can't be filled, so nobody is told of them.
CREATE OR REPLACE FUNCTION zakaz_missing_days AS (good_days, instant) -> arrayFilter(
    day -> NOT has(good_days, day),
    zakaz_days(
        if(
            empty(good_days),
            zakaz_due_day(instant),
            greatest(arrayMin(good_days), toDate(toTimeZone(instant, 'Europe/Moscow')) - {vk_days_served:UInt16})
        ),
        zakaz_due_day(instant)
    )
)
