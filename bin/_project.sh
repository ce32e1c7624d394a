# shellcheck shell=sh disable=SC2154,SC2034
# Sourced by the wrappers beside it: finds the project and its Python.
project=$(dirname -- "$here")
python="${ZAKAZ_VENV:-$project/.venv}/bin/python"
if [ ! -x "$python" ] && grep -q '^POSTGRES_PASSWORD=' "$project/.env" 2>/dev/null; then
    echo "$(basename -- "$0"): here the project runs in containers: docker compose exec scheduler $(basename -- "$0") $*" >&2
    exit 1
elif [ ! -x "$python" ]; then
    echo "$(basename -- "$0"): $python is not there yet: run 'make run' in $project first" >&2
    exit 1
fi
export PYTHONPATH="$project/plugins${PYTHONPATH:+:$PYTHONPATH}"
