"""The first and last task of zakaz_backfill: plan and report."""

from typing import Any

from airflow.sdk import BaseOperator

from zakaz.days import DayRange
from zakaz.errors import BackfillIncomplete
from zakaz.orchestration.attempts import attempt_of
from zakaz.pipeline.backfill_plan import make_plan
from zakaz.registry.backfills import MISSING, OK, Backfill, enter, entry_of_run, settle
from zakaz.warehouse.hook import CONNECTION, WarehouseHook

SHOWN = 20


class PlanBackfillOperator(BaseOperator):
    """Reads the form, enters the backfill into the ledger, and returns its pieces as a list of `DayRange.iso`.

    If there is nothing to do, it makes no entry and no piece: Airflow skips the chain, and the report is green.

    :param clickhouse_conn_id: the warehouse.
    """

    def __init__(self, *, clickhouse_conn_id: str = CONNECTION, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clickhouse_conn_id = clickhouse_conn_id

    def execute(self, context: Any) -> list[str]:
        """Plan.

        :raises InvalidInput: the form has no valid range of days. :raises DayNotOver: its last day is not over.
        """
        params, backfill = context["params"], backfill_of(context)
        warehouse = WarehouseHook(self.clickhouse_conn_id, origin=attempt_of(context).origin)
        with warehouse.session():
            plan = make_plan(warehouse, backfill.days, backfill.stage, only_gaps=params["only_gaps"])
            enter(warehouse, backfill, plan.todo)
        self.log.info("%d days of %s to do: %s", len(plan.todo), plan.days, ", ".join(map(str, plan.ranges)))
        if plan.out_of_reach:
            self.log.warning(
                "VK Ads no longer serves %s to %s: these days keep their staging, and the marts are rebuilt from it",
                plan.out_of_reach[0],
                plan.out_of_reach[-1],
            )
        return [piece.iso for piece in plan.pieces]


class ReportBackfillOperator(BaseOperator):
    """Closes the backfill in the ledger, and fails if a day of it is not good.

    :param clickhouse_conn_id: the warehouse.
    """

    def __init__(self, *, clickhouse_conn_id: str = CONNECTION, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clickhouse_conn_id = clickhouse_conn_id

    def execute(self, context: Any) -> None:
        """Report.

        :raises BackfillIncomplete: days are red or were not reached, or there was no plan.
        """
        if context["task_instance"].xcom_pull(task_ids="plan") is None:
            raise BackfillIncomplete("nothing was done: the task plan failed, and its last line says why")
        warehouse = WarehouseHook(self.clickhouse_conn_id, origin=attempt_of(context).origin)
        outcomes = settle(warehouse, backfill_of(context), MISSING)
        if not outcomes:
            self.log.info("nothing was to be done: every day of the range has a good run")
            return
        lacking = [outcome for outcome in outcomes if outcome.state != OK]
        if lacking:
            named = ", ".join(f"{outcome.day} ({outcome.error or outcome.state})" for outcome in lacking[:SHOWN])
            raise BackfillIncomplete(
                f"{len(lacking)} of {len(outcomes)} days are not good: {named}. Mend the cause and press Clear on the "
                "red piece, or start zakaz_backfill anew with only_gaps"
            )
        self.log.info("all %d days are good", len(outcomes))


def backfill_of(context: Any) -> Backfill:
    """The ledger entry of a run of zakaz_backfill.

    :raises InvalidInput: the form has no valid range of days.
    """
    params, dag_run = context["params"], context["dag_run"]
    return Backfill(
        days=DayRange.parse(f"{params['from_date']}/{params['to_date']}"),
        stage=params["stage"],
        reason=params["reason"] or "",
        asked_by=f"zakaz_backfill {dag_run.run_id}",
        backfill_id=entry_of_run(dag_run.run_id),
        started_at=dag_run.start_date,
    )
