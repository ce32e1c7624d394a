"""Everything that knows Airflow: its tasks, its runs, its backfills, its database."""
