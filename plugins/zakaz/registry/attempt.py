"""Which attempt of which task this is."""

import socket
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from zakaz.settings import version_tag

NAMESPACE = uuid5(NAMESPACE_URL, "https://zakaz-etl/meta.etl_runs")
UNSET = UUID(int=0)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try of one task of one run, as Airflow or the registry has it; `job` is the task's id.

    :param run_type: as Airflow names it: scheduled, manual, backfill. A manual run that looks back counts as scheduled:
        like one, it is responsible for its own day only.
    :param started_at: UTC instant.
    :param run_id: derived from dag, run, task, map index and try, so that writing twice changes nothing.
    """

    dag_id: str
    dag_run_id: str
    run_type: str
    job: str
    map_index: int = -1
    try_number: int
    log_url: str
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    host: str = field(default_factory=socket.gethostname)
    version_tag: str = field(default_factory=version_tag)
    run_id: UUID = UNSET

    def __post_init__(self) -> None:
        if self.run_id == UNSET:
            parts = (self.dag_id, self.dag_run_id, self.job, self.map_index, self.try_number)
            object.__setattr__(self, "run_id", uuid5(NAMESPACE, "\x1f".join(map(str, parts))))

    def next_try(self) -> "Attempt":
        """The attempt after this one, which begins now."""
        return replace(self, try_number=self.try_number + 1, started_at=datetime.now(UTC), run_id=UNSET)

    @property
    def origin(self) -> dict[str, Any]:
        """Who asks, for the log comment of every statement."""
        return {"dag": self.dag_id, "run": self.dag_run_id, "task": self.job, "try": self.try_number}
