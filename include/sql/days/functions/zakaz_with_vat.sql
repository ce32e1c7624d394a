-- A sum net of VAT with the VAT of its day; not rounded, so that sums of it are right to the kopeck.
-- The rates stand in include/vat_rates.csv, each from a day on; `bin/zakaz migrate` fills them in.
CREATE OR REPLACE FUNCTION zakaz_with_vat AS (amount, day) -> toDecimal128(amount, 4) * (
    100 + arrayLast(
        (percent, since) -> day >= since,
        arrayMap(percent -> toUInt8(percent), splitByChar(',', {vat_percents:String})),
        arrayMap(since -> toDate(since), splitByChar(',', {vat_dates:String}))
    )
) / 100
