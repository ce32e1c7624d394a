"""The timetable of `zakaz_etl`."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pendulum
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.timetables.interval import CronDataIntervalTimetable
from airflow.utils.types import DagRunType
from pendulum import DateTime

from zakaz.days import MOSCOW, day_by_hand, moscow_day

MIDNIGHT = "0 0 * * *"


class MoscowDayTimetable(CronDataIntervalTimetable):
    """One run per Moscow calendar day [00:00, 24:00), started at `run_at` on the next day.

    The logical date is the day's midnight in Moscow, so that `airflow dags backfill -s A -e B` (with
    `core.default_timezone = Europe/Moscow`) runs exactly the days A to B, both included.

    :param run_at: Moscow time of the start.
    :param catchup_days: with the DAG's `catchup=False`: how many missed days at most are run after an outage of the
        scheduler. It does not limit backfills.
    """

    description = "Each Moscow day, on the morning after"

    def __init__(self, run_at: time, catchup_days: int) -> None:
        super().__init__(MIDNIGHT, MOSCOW.key)
        self.run_at = run_at
        self.catchup_days = catchup_days

    @property
    def summary(self) -> str:
        """What the UI shows for the schedule."""
        return f"daily {self.run_at:%H:%M} Moscow"

    def serialize(self) -> dict[str, Any]:
        """For Airflow's metadata database."""
        return {"run_at": self.run_at.isoformat(), "catchup_days": self.catchup_days}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> "MoscowDayTimetable":
        """From Airflow's metadata database."""
        return cls(time.fromisoformat(data["run_at"]), data["catchup_days"])

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The next day, started on the morning after it; missed days are limited by `catchup_days`."""
        if not restriction.catchup:
            # Airflow's own catchup=False would drop all missed days. A first start has missed none.
            missed = self.catchup_days if last_automated_data_interval else 1
            earliest = self._midnight(datetime.now(UTC)).subtract(days=missed)
            restriction = TimeRestriction(
                earliest=max(earliest, restriction.earliest) if restriction.earliest else earliest,
                latest=restriction.latest,
                catchup=True,
            )
        info = super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )
        if info is None or info.data_interval is None:
            return None
        interval = DataInterval(*(moment.in_timezone(MOSCOW.key) for moment in info.data_interval))
        after_midnight = timedelta(hours=self.run_at.hour, minutes=self.run_at.minute)
        return DagRunInfo(run_after=interval.end + after_midnight, data_interval=interval)

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        """The day for a run started by hand."""
        day = day_by_hand(run_after, datetime.now(UTC))
        start = pendulum.datetime(day.year, day.month, day.day, tz=MOSCOW.key)
        return DataInterval(start=start, end=start.add(days=1))

    def generate_run_id(self, *, run_type: DagRunType, data_interval: DataInterval | None, **instants: Any) -> str:
        """Name a run after its Moscow day; in UTC its date would be the day before.

        :param instants: `run_after`, which for a scheduled run is the next morning.
        """
        moment = instants["run_after"]
        if run_type == DagRunType.SCHEDULED and data_interval:
            moment = data_interval.start
        return f"{run_type}__{moment.in_timezone(MOSCOW.key).isoformat()}"

    @staticmethod
    def _midnight(instant: datetime) -> DateTime:
        day = moscow_day(instant)
        return pendulum.datetime(day.year, day.month, day.day, tz=MOSCOW.key)
