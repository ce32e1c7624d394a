#!/bin/bash
# Looks every half an hour, and each minute until it could: a warehouse that starts, or has no tables yet. A look that
# hangs is ended. The file that is named is touched by each that came to a result: 0, or 2, a day is missing.
cleaned=$(dirname "$1")/cleaned
while :; do
    timeout 900 python -m zakaz.cli watchdog
    looked=$?
    # In the hour after zakaz_backup, what it did not do; and the dump of Airflow's database, which no task may read.
    if [ "$(date -u +%H)" = 01 ]; then timeout 7200 python -m zakaz.cli backup --if-needed; fi
    # Once a week and after each start, what Airflow keeps of old runs goes; again next time, if its database was away.
    if [ -z "$(find "$cleaned" -mtime -7 2>/dev/null)" ]; then
        timeout 900 python -m zakaz.cli clean && touch "$cleaned"
    fi
    case $looked in
    0 | 2) touch "$1" && sleep 1800 ;;
    *) sleep 60 ;;
    esac
done
