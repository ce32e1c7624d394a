#!/bin/bash
# Once before the services start, and after each update: metadata, pools, the warehouse's schema, the first user, the
# rights to the status page.
set -euo pipefail
cd "$(dirname "$0")/../.."
airflow() { python -m zakaz.environment airflow "$@"; }
airflow db migrate
airflow pools import infra/airflow/pools.json
python -m zakaz.cli migrate
airflow users create --role Admin --username admin --password "${AIRFLOW_ADMIN_PASSWORD:?}" \
    --firstname Zakaz --lastname ETL --email admin@localhost
# Airflow 2 gives a new menu entry to Admin alone; the page itself is open to whoever may see the runs of zakaz_etl.
airflow sync-perm
airflow roles add-perms Viewer User Op --resource Zakaz "Zakaz status" --action menu_access
