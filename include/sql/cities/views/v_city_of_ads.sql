-- The city of each ad that was shown in the last 30 days, and why, for whoever looks where spend went.
CREATE OR REPLACE VIEW bi.v_city_of_ads DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    account_id,
    ad_id,
    argMax(campaign_id, stat_date) AS campaign_id,
    argMax(utm_content, stat_date) AS utm_content,
    argMax(utm_campaign, stat_date) AS utm_campaign,
    argMax(ad_group_name, stat_date) AS ad_group_name,
    argMax(campaign_name, stat_date) AS campaign_name,
    argMax(region_name, stat_date) AS region_name,
    argMax(city, stat_date) AS city,
    -- The first texts that name a city, once those that are not weak, once all: five and five.
    [
        'не определён', 'utm_content', 'utm_campaign', 'группа', 'кампания', 'география',
        'utm_content', 'utm_campaign', 'группа', 'кампания', 'география'
    ][1 + arrayFirstIndex(cities -> notEmpty(cities), argMax(named, stat_date))] AS decided_by,
    arrayDistinct(arrayFlatten(argMax(named, stat_date))) AS cities_found,
    sum(spend) AS spend_30d
FROM meta.v_cities_of_ads
WHERE stat_date >= zakaz_due_day(now()) - 29
GROUP BY account_id, ad_id
