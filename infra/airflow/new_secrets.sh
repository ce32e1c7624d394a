#!/bin/sh
# Prints the secrets that docker-compose.yaml demands and .env does not have yet: sh infra/airflow/new_secrets.sh >> .env
# For a demo, with made-up sources and volumes of its own: sh infra/airflow/new_secrets.sh demo >> .env.demo
# Letters and digits only, so that they fit a URL and JSON.
set -eu
file=.env${1:+.$1}
# The shell that opened the file for us gave it the rights of any file.
if [ -f /dev/fd/1 ]; then chmod 600 /dev/fd/1; fi
made=0
# A second value would win over the one that PostgreSQL and the kept VK token know.
missing() { ! grep -q "^$1=" "$file" 2>/dev/null && made=1; }
secret() { if missing "$1"; then echo "$1=$(openssl rand -hex 24)"; fi; }
for name in POSTGRES REDIS ETL_WRITER BI_READER AIRFLOW_ADMIN; do secret "${name}_PASSWORD"; done
secret AIRFLOW_SECRET_KEY
secret AIRFLOW_JWT_SECRET
if missing AIRFLOW_FERNET_KEY; then echo "AIRFLOW_FERNET_KEY=$(openssl rand -base64 32 | tr '+/' '-_')"; fi
if [ $made = 0 ]; then
    echo "new_secrets.sh: $file has them all; new ones would lock the services out of their databases" >&2
    exit 1
fi
if [ "${1:-}" = demo ] && missing COMPOSE_PROJECT_NAME; then
    echo 'COMPOSE_PROJECT_NAME=zakaz-demo'
    echo 'COMPOSE_PROFILES=demo'
    echo 'SETTINGS_FILE=.env.demo'
    echo 'ZAKAZ_SANDBOX=1'
    echo 'BACKUP_KEEP=0'
fi
