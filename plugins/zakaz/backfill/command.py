"""Airflow's own backfill of a range, watched and stoppable: a process in Airflow 2, the scheduler's work in 3."""

from zakaz.airflow_compat import IS_AIRFLOW_2

if IS_AIRFLOW_2:
    from zakaz.backfill.by_process import require_startable as require_startable
    from zakaz.backfill.by_process import run as run
else:
    from zakaz.backfill.by_scheduler import require_startable as require_startable
    from zakaz.backfill.by_scheduler import run as run
