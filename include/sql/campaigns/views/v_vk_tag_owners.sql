-- Which campaigns of VK Ads had a pair of tags, and when: the spans of days on which they own the sales under it.
-- A sale belongs to the ads of the 90 days before it, so that a span ends 90 days after its last day with figures. Months
-- with at most so many days between them are one span.
CREATE OR REPLACE VIEW meta.v_vk_tag_owners DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    utm_source,
    utm_campaign,
    groupArray((account_id, campaign_id, first_day, last_day)) AS owners
FROM (
    SELECT
        utm_source,
        utm_campaign,
        account_id,
        campaign_id,
        span[1].1 AS first_day,
        span[-1].2 + 90 AS last_day
    FROM (
        SELECT
            utm_source,
            utm_campaign,
            account_id,
            campaign_id,
            arrayJoin(
                arraySplit(
                    (one, before) -> one.1 > before + 91,
                    arraySort(groupArray((first_day, last_day))),
                    arrayPushFront(arrayPopBack(arrayMap(one -> one.2, arraySort(groupArray((first_day, last_day))))), toDate(0))
                )
            ) AS span
        FROM (
            SELECT
                month,
                utm_source,
                utm_campaign,
                account_id,
                campaign_id,
                min(first_day) AS first_day,
                max(last_day) AS last_day
            FROM zakaz.dim_vk_tags FINAL
            GROUP BY month, utm_source, utm_campaign, account_id, campaign_id
        ) AS months
        GROUP BY utm_source, utm_campaign, account_id, campaign_id
    ) AS spans
) AS ended
GROUP BY utm_source, utm_campaign
