"""The environment of bin/airflow and bin/zakaz: the project's defaults, then .env, then what is set already wins.

It runs before Airflow is imported and imports nothing of it.
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
    """The whole environment for a program of the project.

    :param given: the environment as it is; what it sets stays.
    :param dotenv: the file of the user's settings, or None to leave it out.
    :raises InvalidInput: a variable of the project has a value that is not allowed; the message shows no secret.
    """
    chosen = {**_from_file(dotenv), **given}
    _require_readable(chosen)
    # Relative to the project: the wrappers work from any folder.
    home = PROJECT_DIR / (chosen.get("AIRFLOW_HOME") or ".airflow")
    chosen["AIRFLOW_HOME"] = str(home)
    chosen["ZAKAZ_SANDBOX"] = "1" if uses_sandbox(chosen) else "0"
    # Executors start `airflow` by its bare name.
    chosen["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), chosen.get("PATH", os.defpath)])
    # A company's proxy can't reach what listens on this machine: the sandbox, and Airflow's server for its tasks.
    direct = [chosen.get("no_proxy") or chosen.get("NO_PROXY") or "", "127.0.0.1", "localhost"]
    chosen["no_proxy"] = chosen["NO_PROXY"] = ",".join(dict.fromkeys(",".join(direct).strip(",").split(",")))
    return {**_airflow_defaults(), **_execution_api(chosen), **_connection_defaults(home, chosen), **chosen}


def foreign_settings(environment: Mapping[str, str], dotenv: Path | None = DOTENV) -> list[str]:
    """Variables for Airflow that are set by the shell alone, possibly for another Airflow.

    :param environment: what `project_environment` made.
    :param dotenv: the file that it was made with.
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
    """Whether the offline stand-ins serve this environment: no source, warehouse or secrets backend is named in it.

    `ZAKAZ_SANDBOX` decides where it is set: 1 or 0.
    """
    if choice := environment.get("ZAKAZ_SANDBOX"):
        return choice == "1"
    return not any(environment.get(name) for name in ELSEWHERE)


def state_dir(environment: Mapping[str, str]) -> Path:
    """Where a machine keeps what must outlive a process: the outbox, the sandbox's state."""
    home = environment.get("ZAKAZ_STATE_DIR") or environment.get("AIRFLOW_HOME") or ".airflow"
    return PROJECT_DIR / home / "zakaz"


def sandbox_state(environment: Mapping[str, str]) -> dict[str, Any]:
    """The `url` and `pid` of the sandbox that was started last; empty if none is recorded."""
    try:
        state = json.loads((state_dir(environment) / "sandbox" / "state.json").read_text(encoding="utf-8"))
        return {"url": str(state["url"]), "pid": int(state["pid"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def sandbox_connections(environment: Mapping[str, str]) -> dict[str, str]:
    """The connections to the sandbox that was started last, as variables."""
    home = Path(environment["AIRFLOW_HOME"])
    # Made-up figures get a warehouse of their own, so that they never mix with real ones.
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
    # Without interpolation: a password may hold ${.
    file = dotenv_values(dotenv, interpolate=False) if dotenv else {}
    return {name: value for name, value in file.items() if value}


def _require_readable(chosen: Mapping[str, str]) -> None:
    """Airflow would say "conn_id isn't defined" for a connection whose JSON is broken."""
    if (choice := chosen.get("ZAKAZ_SANDBOX", "")) not in ("", "0", "1"):
        raise InvalidInput(f"ZAKAZ_SANDBOX={choice!r} is not allowed: it must be 1, 0 or empty")
    for name, value in chosen.items():
        if name.startswith("AIRFLOW_CONN_") and value.lstrip().startswith("{"):
            try:
                json.loads(value)
            except ValueError as error:
                # Not the text itself: it holds a password.
                raise InvalidInput(
                    f"{name} is no readable JSON ({error}): in .env write it on one line, in single quotes"
                ) from None


def _airflow_defaults() -> dict[str, str]:
    return {
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_DIR / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_DIR / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # `-s 2026-11-01` of a backfill is a Moscow day only with this.
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Europe/Moscow",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__INSTANCE_NAME": "Zakaz ETL",
        # The default five are over after a few seconds: restarting the server would fail a task.
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "10",
    }


def _execution_api(chosen: Mapping[str, str]) -> dict[str, str]:
    """Where tasks find Airflow's server, which reads another port only from a base URL."""
    port = chosen.get("AIRFLOW__API__PORT")
    if not port or chosen.get("AIRFLOW__API__BASE_URL"):
        return {}
    return {"AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/"}


def _connection_defaults(home: Path, chosen: Mapping[str, str]) -> dict[str, str]:
    if not uses_sandbox(chosen):
        if not chosen.get("AIRFLOW_CONN_VK_ADS_DEFAULT"):
            return {}  # they are kept in Airflow or a secrets backend, and a variable would hide them
        warehouse = {"conn_type": "clickhouse", "extra": {"embedded_path": str(home / "warehouse")}}
        return {"AIRFLOW_CONN_CLICKHOUSE_DEFAULT": json.dumps(warehouse)}
    return sandbox_connections(chosen)


def main() -> None:
    """Become the program named on the command line, in the project's environment."""
    program, *arguments = sys.argv[1:]
    try:
        environment = project_environment(os.environ)
    except InvalidInput as error:
        sys.exit(f"{program}: {error}")
    path = Path(sys.executable).with_name(program)
    os.execve(path, [str(path), *arguments], environment)


if __name__ == "__main__":
    main()
