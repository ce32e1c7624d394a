"""VK Ads, QTickets and sales files: HTTP, tokens, rate limits, parsing. Nothing here knows Airflow."""
