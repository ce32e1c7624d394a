"""From a connection of Airflow to a client: VK Ads, QTickets, Telegram."""
