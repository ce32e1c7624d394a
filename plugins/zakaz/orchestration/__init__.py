"""The Airflow layer: operators, runs, backfills, and Airflow's database."""
