#!/bin/bash
# check: is the input of etl_dispatch.yml allowed? run: do it. watch: tell what no task could tell of. JOB, FROM and TO
# come through the environment, never through the text of a script.
set -euo pipefail
zakaz=${ZAKAZ:-bin/zakaz}
longest=92

fail() {
    echo "etl_dispatch: $*" >&2
    exit 1
}

yesterday() { TZ=Europe/Moscow date -d yesterday +%F; }

# The same day as date writes it: 2026-02-30 is none, and neither is anything that is no date at all.
day() {
    [[ $2 =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ && $(date -d "$2" +%F 2>/dev/null) == "$2" ]] ||
        fail "$1='$2' is not allowed: it must be a day, YYYY-MM-DD"
    [[ ! $2 > $(yesterday) ]] || fail "$1='$2' is not allowed: that Moscow day is not over"
}

case ${JOB:-} in
zakaz_etl | vk_fetch | qtickets_fetch | build_dm_vk | build_dm_sales | healthcheck) job=$JOB ;;
backfill_all)
    job=zakaz_etl
    [[ -n ${FROM:-} && -n ${TO:-} ]] || fail "backfill_all needs both days, from and to"
    ;;
*) fail "job='${JOB:-}' is not allowed" ;;
esac
from=${FROM:-$(yesterday)}
to=${TO:-$from}
day from "$from"
day to "$to"
[[ ! $from > $to ]] || fail "from='$from' is after to='$to'"
days=$((($(date -u -d "$to" +%s) - $(date -u -d "$from" +%s)) / 86400 + 1))
((days <= longest)) || fail "$days days are too many for one run: at most $longest"
echo "$job, $from to $to: $days day(s)"
[[ ${1:-} != check ]] || exit 0

# A secret that is not set is an empty variable; what is not there at all has a default.
for name in CLICKHOUSE VK_ADS QTICKETS TELEGRAM; do
    variable=AIRFLOW_CONN_${name}_DEFAULT
    [[ -n ${!variable:-} ]] || unset "$variable"
done
[[ -n ${AIRFLOW_CONN_CLICKHOUSE_DEFAULT:-} ]] || fail "the secret AIRFLOW_CONN_CLICKHOUSE_DEFAULT is not set"
[[ ${1:-} == run ]] || exec "$zakaz" watchdog
failed=0
for ((number = 0; number < days; number++)); do
    "$zakaz" stage "$job" --date "$(date -u -d "$from + $number days" +%F)" || failed=1
done
exit "$failed"
