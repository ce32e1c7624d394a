"""`meta.etl_alerts` and Telegram: who must hear of it, and whether they did."""
