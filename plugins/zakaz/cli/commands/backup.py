"""bin/zakaz backup and restore."""

import sys

import click


@click.command()
@click.option("--name", default="", help="A name not used before; zakaz-YYYYMMDD-HHMMSS (UTC) by default.")
@click.option("--if-needed", is_flag=True, help="Only what was not done lately, the monthly check too: for a timer.")
def backup(name: str, *, if_needed: bool) -> int:
    """Back up the warehouse to the server's disk `backups`, by ClickHouse's own BACKUP.

    And Airflow's PostgreSQL into DUMP_DIR, if that is set. Each is recorded in the run registry.
    """
    from zakaz.orchestration.backups import is_due
    from zakaz.registry.upkeep import set_up
    from zakaz.settings import settings
    from zakaz.stages import BACKUP, DUMP

    if not if_needed:
        return _run([BACKUP, *([DUMP] if settings().dump_dir else [])], name)
    due = [job for job in set_up(settings()) if is_due(job)]
    if not due:
        print("nothing is due" if settings().backup_keep else "no backups are set up here: BACKUP_KEEP=0")
    return _run(due)


@click.command()
@click.argument("name", default="")
@click.option("--check", "only_check", is_flag=True, help="Restore a copy, compare its figures, remove it; the newest.")
@click.option("--airflow", is_flag=True, help="A dump of Airflow's database, into that database; it must be empty.")
def restore(name: str, *, only_check: bool, airflow: bool) -> int:
    """Restore the backup NAME into databases that are missing or empty; rows are never overwritten."""
    from zakaz.cli.schema import bring_up_to_date
    from zakaz.errors import InvalidInput
    from zakaz.stages import RESTORE_CHECK
    from zakaz.warehouse import backup as backups
    from zakaz.warehouse.hook import WarehouseHook

    if only_check and not airflow:
        return _run([RESTORE_CHECK], name)
    if not name or only_check:
        raise InvalidInput(
            "name the backup that is to be restored" if not name else "a dump is checked when it is made"
        )
    if airflow:
        from zakaz.orchestration.airflow_dump import restore_dump

        restore_dump(name)
        print(f"dump {name} is restored. Next: bin/airflow db migrate")
        return 0
    backups.restore(WarehouseHook(), name)
    bring_up_to_date()  # functions and the views of bi
    print(f"backup {name} is restored, and the schema is up to date")
    return 0


def _run(jobs: list[str], name: str = "") -> int:
    """Run jobs one after the other, whatever comes of the one before."""
    from zakaz.errors import TaskTerminated, ZakazError, one_line
    from zakaz.orchestration.backups import run_job_by_hand
    from zakaz.stages import DUMP
    from zakaz.stop import stoppable

    code = 0
    with stoppable() as stop:
        for job in jobs:
            try:
                print(run_job_by_hand(job, stop, "" if job == DUMP else name))
            except (ZakazError, TaskTerminated) as error:
                code = 1
                print(f"zakaz: {one_line(error)}", file=sys.stderr)
                if isinstance(error, TaskTerminated):
                    break
    return code
