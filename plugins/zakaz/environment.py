"""The environment of bin/airflow and bin/zakaz: the project's defaults, overridden by .env, overridden by the shell.

It runs before Airflow is imported, and must not import it.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from zakaz.errors import InvalidInput

PROJECT_DIR = Path(os.environ.get("ZAKAZ_PROJECT_DIR") or Path(__file__).resolve().parents[2])
DOTENV = PROJECT_DIR / ".env"
SANDBOX_PORT = 8480
ELSEWHERE = (
    "AIRFLOW_CONN_VK_ADS_DEFAULT",
    "AIRFLOW_CONN_QTICKETS_DEFAULT",
    "AIRFLOW_CONN_CLICKHOUSE_DEFAULT",
    "AIRFLOW__SECRETS__BACKEND",
)


def project_environment(given: Mapping[str, str], dotenv: Path | None = DOTENV) -> dict[str, str]:
    """The complete environment for a program of the project.

    :param given: the current environment, which takes precedence.
    :param dotenv: the user's settings file, or None for none.
    :raises InvalidInput: a variable of the project has an invalid value; the message shows no secret.
    """
    chosen = {**_from_file(dotenv), **given}
    _require_readable(chosen)
    # Relative to the project, so that the wrappers work from any folder.
    home = PROJECT_DIR / (chosen.get("AIRFLOW_HOME") or ".airflow")
    chosen["AIRFLOW_HOME"] = str(home)
    chosen["ZAKAZ_SANDBOX"] = "1" if uses_sandbox(chosen) else "0"
    # Executors start `airflow` by its bare name.
    chosen["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), chosen.get("PATH", os.defpath)])
    # A corporate proxy can't reach local servers: the sandbox, and the Airflow server that tasks call.
    direct = [chosen.get("no_proxy") or chosen.get("NO_PROXY") or "", "127.0.0.1", "localhost"]
    chosen["no_proxy"] = chosen["NO_PROXY"] = ",".join(dict.fromkeys(",".join(direct).strip(",").split(",")))
    return {**_airflow_defaults(), **_execution_api(chosen), **_connection_defaults(home, chosen), **chosen}


def foreign_settings(environment: Mapping[str, str], dotenv: Path | None = DOTENV) -> list[str]:
    """Airflow variables that come only from the shell, possibly meant for another Airflow.

    :param environment: the result of `project_environment`.
    :param dotenv: the file that it was given.
    """
    home = Path(environment["AIRFLOW_HOME"])
    ours = {
        **_airflow_defaults(),
        **_execution_api(environment),
        **_connection_defaults(home, environment),
        **_from_file(dotenv),
    }
    return sorted(
        name
        for name, value in environment.items()
        if (name.startswith("AIRFLOW__") or name in (*ELSEWHERE, "AIRFLOW_CONFIG"))
        and name != "AIRFLOW__LOGGING__LOGGING_LEVEL"  # set by our own commands, and harmless
        and value not in ("", ours.get(name))
    )


def uses_sandbox(environment: Mapping[str, str]) -> bool:
    """Whether this environment uses the sandbox: it configures no source, warehouse or secrets backend.

    `ZAKAZ_SANDBOX` (1 or 0) overrides that.
    """
    if choice := environment.get("ZAKAZ_SANDBOX"):
        return choice == "1"
    return not any(environment.get(name) for name in ELSEWHERE)


def state_dir(environment: Mapping[str, str]) -> Path:
    """The folder for local state that outlives a process: the outbox, the sandbox's state."""
    home = environment.get("ZAKAZ_STATE_DIR") or environment.get("AIRFLOW_HOME") or ".airflow"
    return PROJECT_DIR / home / "zakaz"


def sandbox_state(environment: Mapping[str, str]) -> dict[str, Any]:
    """The `url` and `pid` of the last sandbox started; empty if none is recorded."""
    try:
        state = json.loads((state_dir(environment) / "sandbox" / "state.json").read_text(encoding="utf-8"))
        return {"url": str(state["url"]), "pid": int(state["pid"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def sandbox_connections(environment: Mapping[str, str]) -> dict[str, str]:
    """Connection variables for the last sandbox started."""
    home = Path(environment["AIRFLOW_HOME"])
    # A warehouse of its own, so that made-up figures never mix with real ones.
    url = sandbox_state(environment).get("url", f"http://127.0.0.1:{SANDBOX_PORT}")
    connections = {
        "CLICKHOUSE": {"conn_type": "clickhouse", "extra": {"embedded_path": str(home / "warehouse-sandbox")}},
        "VK_ADS": {"conn_type": "vk-ads", "host": url, "login": "sandbox-client", "password": "sandbox-secret"},
        "QTICKETS": {"conn_type": "qtickets", "host": url, "password": "sandbox-qtickets-token"},
        "TELEGRAM": {
            "conn_type": "telegram",
            "host": "-1001",
            "password": "123456:sandbox-token",
            "extra": {"base_url": f"{url}/bot"},
        },
    }
    return {f"AIRFLOW_CONN_{name}_DEFAULT": json.dumps(value) for name, value in connections.items()}


def _from_file(dotenv: Path | None) -> dict[str, str]:
    # No interpolation: a password may contain ${.
    file = dotenv_values(dotenv, interpolate=False) if dotenv else {}
    return {name: value for name, value in file.items() if value}


def _require_readable(chosen: Mapping[str, str]) -> None:
    """Reject broken JSON in a connection, for which Airflow would only say "conn_id isn't defined"."""
    if (choice := chosen.get("ZAKAZ_SANDBOX", "")) not in ("", "0", "1"):
        raise InvalidInput(f"ZAKAZ_SANDBOX={choice!r} is not allowed: it must be 1, 0 or empty")
    for name, value in chosen.items():
        if name.startswith("AIRFLOW_CONN_") and value.lstrip().startswith("{"):
            try:
                json.loads(value)
            except ValueError as error:
                # Not the text itself: it contains a password.
                raise InvalidInput(
                    f"{name} is no readable JSON ({error}): in .env write it on one line, in single quotes"
                ) from None


def _airflow_defaults() -> dict[str, str]:
    return {
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_DIR / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_DIR / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # Makes `-s 2026-11-01` of a backfill a Moscow day.
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Europe/Moscow",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__INSTANCE_NAME": "Zakaz ETL",
        # The default 5 retries take only seconds, so that a server restart would fail running tasks.
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "10",
    }


def _execution_api(chosen: Mapping[str, str]) -> dict[str, str]:
    """The Airflow server's URL for tasks: Airflow derives it from a base URL, but not from a port."""
    port = chosen.get("AIRFLOW__API__PORT")
    if not port or chosen.get("AIRFLOW__API__BASE_URL"):
        return {}
    return {"AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/"}


def _connection_defaults(home: Path, chosen: Mapping[str, str]) -> dict[str, str]:
    if not uses_sandbox(chosen):
        if not chosen.get("AIRFLOW_CONN_VK_ADS_DEFAULT"):
            return {}  # they are in Airflow or a secrets backend, and a variable would override them
        warehouse = {"conn_type": "clickhouse", "extra": {"embedded_path": str(home / "warehouse")}}
        return {"AIRFLOW_CONN_CLICKHOUSE_DEFAULT": json.dumps(warehouse)}
    return sandbox_connections(chosen)


def main() -> None:
    """Exec the program named on the command line, in the project's environment."""
    program, *arguments = sys.argv[1:]
    try:
        environment = project_environment(os.environ)
    except InvalidInput as error:
        sys.exit(f"{program}: {error}")
    path = Path(sys.executable).with_name(program)
    os.execve(path, [str(path), *arguments], environment)


if __name__ == "__main__":
    main()
