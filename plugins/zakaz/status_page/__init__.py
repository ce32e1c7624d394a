"""The page "Статус" in Airflow's menu: how the load stands, from bi.v_etl_status and what is beside it. It reads only.

`data` asks the warehouse, `page` makes HTML of it; `airflow2` and `airflow3` put that into the server of their version.
"""
