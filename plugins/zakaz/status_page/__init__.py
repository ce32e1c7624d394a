"""The page "Статус" in Airflow's menu: how the load stands, from bi.v_etl_status and what is beside it. It reads only.

`data` asks the warehouse, `page` makes HTML of it; `app` serves it beside Airflow's API.
"""
