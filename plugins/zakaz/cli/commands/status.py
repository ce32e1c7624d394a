"""bin/zakaz status."""

import click

EXITS = {"green": 0, "yellow": 1, "red": 2}


@click.command()
def status() -> int:
    """Show the status of the daily load and its jobs, by the newest complete Moscow day.

    Below it stand the backups, if this installation has any (BACKUP_KEEP), and the disks.

    Exits 0 if all is well (green), 1 if the data are there and something is open (yellow), 2 if yesterday is missing
    (red). Also exits 1, with a line on standard error, if it could not look.
    """
    from zakaz.registry.outbox import waiting_elsewhere
    from zakaz.registry.upkeep import upkeep
    from zakaz.stages import DAG_ID
    from zakaz.warehouse.hook import WarehouseHook
    from zakaz.warehouse.sql import statement

    warehouse = WarehouseHook()
    with warehouse.session():
        print(warehouse.text(statement("report/status.sql"), "PrettyCompactNoEscapesMonoBlock"), end="")
        standing = upkeep(warehouse)
        ((light,),) = warehouse.execute("SELECT light FROM bi.v_etl_status WHERE job = {job:String}", {"job": DAG_ID})
    for one in standing:
        sign = {"green": "🟢", "yellow": "🟡", "red": "🔴"}.get(one.light, "⚪")
        print(f"{sign} {one.subject}: {one.reason}")
    for folder, rows in sorted(waiting_elsewhere(warehouse).items()):
        print(f"{rows} rows of the registries wait for another warehouse, in {folder}")
    return EXITS[light]
