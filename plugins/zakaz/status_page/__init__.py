"""The page "Статус" in Airflow's menu: the status of the load, from bi.v_etl_status and related views. Read-only.

`data` queries the warehouse, `page` renders the HTML, and `app` serves it next to Airflow's API.
"""
