-- Which campaigns of VK Ads had a pair of tags, and when: the spans of days whose sales under it are theirs.
-- A sale belongs to the ads of the 90 days before it, so that a span ends 90 days after its last day with figures. What
-- lies so close together that no day is between is one span.
CREATE OR REPLACE VIEW meta.v_vk_tag_owners DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    utm_source,
    utm_campaign,
    groupArrayArray(spans) AS owners
FROM (
    SELECT
        utm_source,
        utm_campaign,
        arraySort(groupArray((first_day, last_day))) AS shown,
        arrayPushFront(arrayPopBack(arrayMap(days -> days.2, shown)), toDate(0)) AS ended_before,
        arrayMap(
            span -> (
                account_id, campaign_id, arrayMin(days -> days.1, span), arrayMax(days -> days.2, span) + 90
            ),
            arraySplit((days, ended) -> days.1 > ended + 91, shown, ended_before)
        ) AS spans
    FROM zakaz.dim_vk_tags FINAL
    GROUP BY utm_source, utm_campaign, account_id, campaign_id
) AS of_campaigns
GROUP BY utm_source, utm_campaign
