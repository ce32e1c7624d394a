-- Sales by channel, tags and promo code, for whoever asks what each of them sold.
CREATE OR REPLACE VIEW bi.v_sales_by_tag_daily DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    report_date AS d,
    source,
    tupleElement(zakaz_channel(zakaz_tag(utm_source), zakaz_tag(utm_medium)), 1) AS channel,
    tupleElement(zakaz_channel(zakaz_tag(utm_source), zakaz_tag(utm_medium)), 2) AS is_paid,
    utm_source,
    utm_medium,
    utm_campaign,
    utm_content,
    utm_term,
    promo_code_id,
    discount_id,
    sum(tickets_sold) AS tickets_sold,
    sum(tickets_refunded) AS tickets_refunded,
    sum(revenue) AS revenue,
    sum(refunds_amount) AS refunds_amount,
    revenue - refunds_amount AS net_revenue
FROM meta.v_sales_parts
GROUP BY d, source, utm_source, utm_medium, utm_campaign, utm_content, utm_term, promo_code_id, discount_id
