-- The events of the tickets of one fetch.
SELECT DISTINCT event_id
FROM zakaz.raw_qtickets_tickets FINAL
WHERE fetch_id = {fetch_id:UUID} AND NOT cancelled
ORDER BY event_id
