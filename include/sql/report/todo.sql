-- What a marketer can put right, the largest sums first.
SELECT
    kind,
    object,
    rubles,
    advice
FROM bi.v_marketing_todo
ORDER BY rubles DESC, kind ASC, object ASC
LIMIT 5
