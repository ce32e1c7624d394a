#!/bin/sh
# Lets go all but the newest nightly backups of a folder: prune_backups.sh FOLDER COUNT. As who owns them: the pipeline may
# not. Only whole ones count, so that while backups fail the last good ones stay; what a person named stays for ever.
set -eu
folder=$1
keep=$2
case $keep in '' | 0 | *[!0-9]*) exit 0 ;; esac
[ -d "$folder" ] || exit 0
cd -- "$folder"
nights='zakaz-[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9][0-9][0-9]'
# Names sort by time. ClickHouse writes .backup last.
find . -mindepth 2 -maxdepth 2 -path "./$nights/.backup" | sort -r | tail -n "+$((keep + 1))" | while read -r found; do
    rm -r -- "${found%/.backup}"
done
# What is not whole after a day never will be.
find . -mindepth 1 -maxdepth 1 -name "$nights" -mtime +0 ! -exec test -e '{}/.backup' ';' -exec rm -r -- '{}' +
