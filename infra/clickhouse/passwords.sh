#!/bin/sh
# Asks for the passwords of etl_writer and bi_reader, and prints a drop-in of systemd that gives the server their SHA-256.
set -eu
ask() {
    printf '%s: ' "$1" >&2
    stty -echo 2>/dev/null || :
    IFS= read -r password
    stty echo 2>/dev/null || :
    echo >&2
    [ -n "$password" ] || { echo "passwords.sh: the password of $1 is empty" >&2; exit 1; }
    printf %s "$password" | sha256sum | cut -d' ' -f1
}
etl_writer=$(ask etl_writer)
bi_reader=$(ask bi_reader)
echo '[Service]'
echo "Environment=ETL_WRITER_PASSWORD_SHA256=$etl_writer"
echo "Environment=BI_READER_PASSWORD_SHA256=$bi_reader"
