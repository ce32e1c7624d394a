"""# zakaz_backfill: пересчитать период

A range of Moscow days in a few large pieces: much faster than one run per day.

*Trigger DAG* opens a form: first and last day, both included; only the days without a good run, or all; the whole chain
or one task of it; why. The range is cut into calendar months (two at a time if there are more than six), each goes
through the same tasks as a day of `zakaz_etl`, and the grid shows each piece under its dates.

**Safe to repeat**, also alongside the daily run: every day is replaced as a whole, and no figure changes unless the
source changed. Each backfill is recorded in `meta.backfills`, with the figures of each day before and after.

**When it is red:** the task `report` names the days that are not good and why; *Zakaz → Статус* in the menu shows them.
Fix the cause and press *Clear* with *Only Failed* on the red task of the piece: only that piece is rerun. Days older
than VK Ads serves (366 days) keep their staging, and their marts are rebuilt from it.
"""

from datetime import datetime

from airflow.sdk import DAG, Param, task_group

from zakaz.days import MOSCOW
from zakaz.orchestration.backfill_operators import PlanBackfillOperator, ReportBackfillOperator
from zakaz.orchestration.chain import etl_chain
from zakaz.orchestration.defaults import DEFAULT_ARGS
from zakaz.stages import ALL_STAGES, STAGES
from zakaz.warehouse.sql import SQL_DIR

with DAG(
    dag_id="zakaz_backfill",
    dag_display_name="Zakaz: пересчёт периода",
    description="Период московских дней за один запуск, крупными кусками",
    doc_md=__doc__,
    schedule=None,
    start_date=datetime(2025, 1, 1, tzinfo=MOSCOW),
    catchup=False,
    # More than one, so that a hanging run does not block the next one.
    max_active_runs=4,
    is_paused_upon_creation=False,
    default_args=DEFAULT_ARGS,
    template_searchpath=[str(SQL_DIR)],
    params={
        "from_date": Param(type="string", format="date", title="Первый день", description="Московский день, включён"),
        "to_date": Param(type="string", format="date", title="Последний день", description="Московский день, включён"),
        "only_gaps": Param(False, type="boolean", title="Только пропуски", description="Дни без успешного запуска"),
        "stage": Param(
            ALL_STAGES,
            type="string",
            enum=[ALL_STAGES, *STAGES],
            values_display={ALL_STAGES: "вся цепочка"},
            title="Этап",
            description="Вся цепочка или одна задача",
        ),
        "reason": Param(None, type=["null", "string"], title="Причина", description="Для журнала meta.backfills"),
    },
    tags=["zakaz", "backfill"],
) as dag:

    @task_group(group_id="piece", prefix_group_id=False, tooltip="Один кусок периода")
    def piece(days: str) -> None:
        """One piece of the range, through the chain."""
        etl_chain(days, "{{ params.stage }}")

    # No alerts from these two: the user who filled in the form is watching, and a failed piece raises its own alert.
    plan = PlanBackfillOperator(
        task_id="plan",
        task_display_name="План",
        on_failure_callback=None,
        doc_md="Reads the form, selects the days, records them in `meta.backfills`. Red: its last line says what is "
        "wrong with the form; start a new run with a corrected one.",
    )
    report = ReportBackfillOperator(
        task_id="report",
        task_display_name="Итог",
        trigger_rule="all_done",
        on_failure_callback=None,
        doc_md="Looks up every day in the run registry and closes `meta.backfills`. Red: its last line names the days "
        "that are not good; clear the red task of their piece.",
    )
    piece.expand(days=plan.output) >> report
