"""Clients of the sources. Plain Python: nothing here knows Airflow."""
