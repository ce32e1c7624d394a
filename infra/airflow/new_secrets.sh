#!/bin/sh
# Prints the secrets that docker-compose.yaml demands, new ones each time: sh infra/airflow/new_secrets.sh >> .env
# For a demo, with made-up sources and volumes of its own: sh infra/airflow/new_secrets.sh demo > .env.demo
# Letters and digits only, so that they fit a URL and JSON.
set -eu
umask 077
secret() { openssl rand -hex 24; }
for name in POSTGRES REDIS ETL_WRITER BI_READER AIRFLOW_ADMIN; do
    echo "${name}_PASSWORD=$(secret)"
done
echo "AIRFLOW_SECRET_KEY=$(secret)"
echo "AIRFLOW_FERNET_KEY=$(openssl rand -base64 32 | tr '+/' '-_')"
if [ "${1:-}" = demo ]; then
    echo 'COMPOSE_PROJECT_NAME=zakaz-demo'
    echo 'COMPOSE_PROFILES=demo'
    echo 'ZAKAZ_SANDBOX=1'
fi
