-- The events that the tickets of one fetch are for.
SELECT DISTINCT event_id
FROM zakaz.raw_qtickets_tickets FINAL
WHERE fetch_id = {fetch_id:UUID} AND NOT cancelled
ORDER BY event_id
