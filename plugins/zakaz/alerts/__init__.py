"""`meta.etl_alerts` and Telegram: what people must be notified of, and whether they were."""
