"""Once before the services start, and after each update: what they find in the databases.

The commands of Airflow run in this one process: it takes long to start, and a password would stand in a list of
processes.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from airflow.cli.cli_parser import get_parser

# The first user only where the variable AIRFLOW_ADMIN_PASSWORD holds a password.
COMMANDS = """
db migrate
pools import infra/airflow/pools.json
users create --role Admin --username admin --firstname Zakaz --lastname ETL --email admin@localhost
roles add-perms Viewer User --resource Plugins --action can_read
"""
# The last one, as the UI makes its menu of the list of plugins, which Airflow shows to Op and Admin alone. The page
# itself is open to whoever may see the runs of zakaz_etl.
WAREHOUSE_SECONDS = 90


def main() -> None:
    """Bring Airflow's side up to date, then the warehouse's."""
    os.chdir(Path(__file__).parents[2])
    parser = get_parser()
    for line in COMMANDS.strip().splitlines():
        command = line.split()
        if command[0] == "users":
            if "AIRFLOW_ADMIN_PASSWORD" not in os.environ:
                continue
            command += ["--password", os.environ["AIRFLOW_ADMIN_PASSWORD"]]
        arguments = parser.parse_args(command)
        arguments.func(arguments)
    update_warehouse()


def update_warehouse() -> None:
    """Apply the DDL, once the server answers.

    It keeps Airflow from starting in no case: with ClickHouse away, or a table that differs, the tasks tell of it, and
    without Airflow nobody would.
    """
    deadline = time.monotonic() + WAREHOUSE_SECONDS
    while subprocess.call([sys.executable, "-m", "zakaz.cli", "migrate"]) == 1:
        if time.monotonic() > deadline:
            sys.stderr.write("init: the warehouse is not up to date; when it answers: zakaz migrate\n")
            return
        time.sleep(3)


if __name__ == "__main__":
    main()
