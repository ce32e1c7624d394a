"""What `airflow dags backfill` of 2.11 calls, so that the plain command means days, does them all, and says so."""

import contextlib
from datetime import UTC, date, datetime
from typing import Any

from zakaz.airflow_compat import DAG, IS_AIRFLOW_2
from zakaz.backfill import airflow_runs
from zakaz.days import DayRange, moscow_day
from zakaz.errors import BackfillIncomplete, PermanentError
from zakaz.warehouse.hook import WarehouseHook

ATTEMPTS = 3


class _MoscowDayDAG(DAG):
    """A DAG of which Airflow's backfill refuses what it can't do, leaves nothing stuck, and fails if a day is missing.

    As it is, it exits with 0 when it found nothing to do, when another run was in its way, when it was ended by a
    signal, and with --continue-on-failures whatever became of the days (reference: field notes, 1.2).
    """

    def run(  # type: ignore[override]  # Airflow names each of its flags, which are handed on as they are
        self, start_date: datetime | None = None, end_date: datetime | None = None, **how: Any
    ) -> None:
        """Run the Moscow days of a range.

        :param start_date: an instant of the first day. :param end_date: an instant of the last day, itself included.
        :param how: Airflow's flags.
        :raises ValueError: the days can't be processed now, or are not green at the end. Of this error `airflow dags
            backfill` prints the message, and exits with 1.
        """
        first, last = start_date or end_date, end_date or start_date
        if first is None or last is None:
            raise ValueError("a backfill needs its days: -s and -e")
        try:
            self._run_days(DayRange(moscow_day(first), moscow_day(last)), start_date=first, end_date=last, **how)
        except PermanentError as error:
            raise ValueError(str(error)) from error

    def _run_days(self, days: DayRange, **how: Any) -> None:
        days.require_over()
        airflow_runs.end_dead(self.dag_id, days)
        airflow_runs.take_over_queued(self.dag_id, days)
        airflow_runs.require_free(self.dag_id, days)
        began = datetime.now(UTC)
        with WarehouseHook().shared():
            for _ in range(ATTEMPTS):
                if self._came_to_its_end(days, **how):
                    break
        self._report(days, airflow_runs.worked_on(self.dag_id, days, began))

    def _came_to_its_end(self, days: DayRange, **how: Any) -> bool:
        """Whether Airflow's backfill ended by itself, well or not: what is not done is told by day afterwards.

        When its database breaks a deadlock between it and a task, that of 2.11.2 counts a task twice, breaks off with a
        KeyError, and leaves the other days undone (seen on PostgreSQL).
        """
        from airflow.exceptions import BackfillUnfinished
        from sqlalchemy.exc import OperationalError

        try:
            with contextlib.suppress(BackfillUnfinished):
                super().run(**how)  # type: ignore[no-untyped-call]
        except (KeyError, OperationalError):
            self.log.exception("Airflow's backfill broke off: what is not done is taken up again")
            return False
        finally:
            airflow_runs.end_unfinished(self.dag_id, days)
        return True

    def _report(self, days: DayRange, done_now: set[date]) -> None:
        states = airflow_runs.states(self.dag_id, days)
        open_days = {day: states.get(day, "no run") for day in days if states.get(day) != "success"}
        before = [day for day in days if day not in open_days and day not in done_now]
        asked = len(list(days))
        if open_days:
            raise BackfillIncomplete(
                f"{self.dag_id}: {len(open_days)} of {asked} days are not green: {airflow_runs.told(open_days)}. Mend "
                "the cause, then give the same command with --rerun-failed-tasks --continue-on-failures"
            )
        said = f"{len(before)} were green before and were left alone (--reset-dagruns -y does them anew)"
        self.log.info("%s, %s: %d of %d days done now; %s", self.dag_id, days, asked - len(before), asked, said)


# Airflow 3 has no such command; its backfills are made by the scheduler.
DayDAG = _MoscowDayDAG if IS_AIRFLOW_2 else DAG
