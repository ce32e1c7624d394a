#!/bin/bash
# Before the image's own entry: the server gets the passwords as SHA-256 only, and may write its backups.
set -euo pipefail
sha256() { printf %s "$1" | sha256sum | cut -d' ' -f1; }
ETL_WRITER_PASSWORD_SHA256=$(sha256 "${ETL_WRITER_PASSWORD:?}")
BI_READER_PASSWORD_SHA256=$(sha256 "${BI_READER_PASSWORD:?}")
export ETL_WRITER_PASSWORD_SHA256 BI_READER_PASSWORD_SHA256
unset ETL_WRITER_PASSWORD BI_READER_PASSWORD
chown clickhouse:clickhouse /var/lib/clickhouse-backups
# Old nightly backups go here, where they lie: the pipeline may remove none.
(while sleep 3600; do sh /zakaz/prune_backups.sh /var/lib/clickhouse-backups "${BACKUP_KEEP:-0}" || true; done) &
exec /entrypoint.sh "$@"
