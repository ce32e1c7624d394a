"""The environment of bin/airflow and bin/zakaz: the project's defaults, overridden by .env, overridden by the shell.

It runs before Airflow is imported, and must not import it.
"""

import json
import os
import re
import sys
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv.parser import parse_stream

from zakaz.errors import InvalidInput
from zakaz.texts import well_formed

PROJECT_DIR = Path(os.environ.get("ZAKAZ_PROJECT_DIR") or Path(__file__).resolve().parents[2])
DOTENV = PROJECT_DIR / ".env"
SANDBOX_PORT = 8480
ELSEWHERE = (
    "AIRFLOW_CONN_VK_ADS_DEFAULT",
    "AIRFLOW_CONN_QTICKETS_DEFAULT",
    "AIRFLOW_CONN_CLICKHOUSE_DEFAULT",
    "AIRFLOW__SECRETS__BACKEND",
)
# Of a connection in JSON.
FIELDS = {
    **dict.fromkeys(("conn_type", "description", "host", "login", "password", "schema"), (str, "text in quotes")),
    "port": (int, "a number"),
    "extra": (dict, "a JSON object"),
}


def project_environment(given: Mapping[str, str], dotenv: Path | None = DOTENV) -> dict[str, str]:
    """The complete environment for a program of the project.

    :param given: the current environment, which takes precedence.
    :param dotenv: the user's settings file, or None for none.
    :raises InvalidInput: the file is no UTF-8, a line of it is no setting, or a variable has an unusable value; the
        message shows no secret.
    """
    chosen = {**_from_file(dotenv), **given}
    _require_readable(chosen)
    # Relative to the project, so that the wrappers work from any folder.
    home = PROJECT_DIR / (chosen.get("AIRFLOW_HOME") or ".airflow")
    chosen["AIRFLOW_HOME"] = str(home)
    chosen["ZAKAZ_SANDBOX"] = "1" if uses_sandbox(chosen) else "0"
    # Executors start `airflow` by its bare name.
    chosen["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), chosen.get("PATH", os.defpath)])
    # What a terminal can't show is replaced there, also by Airflow and the sandbox; the encoding stays as it is.
    chosen["PYTHONIOENCODING"] = chosen.get("PYTHONIOENCODING", "").partition(":")[0] + ":replace"
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
    """The settings of a `.env`; a `${` in it refers to nothing, since a password may contain one."""
    lines = list(parse_stream(StringIO(_text(dotenv)))) if dotenv else []
    for line in lines:
        # A quote that is not closed would swallow the settings below it; an invisible sign makes a name another one.
        if line.error or (line.key and not re.fullmatch("[A-Za-z_][A-Za-z_0-9]*", line.key)):
            blank = line.original.string[: -len(line.original.string.lstrip())].count("\n")
            raise InvalidInput(
                f"{dotenv}, line {line.original.line + blank}: neither NAME=value nor a comment: see whether its "
                "quotes are closed and its name has only Latin letters, digits and _, and nothing invisible"
            )
    return {line.key: line.value for line in lines if line.key and line.value}


def _text(dotenv: Path) -> str:
    try:
        raw = dotenv.read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise InvalidInput(
            f"{dotenv} can't be read ({error.strerror}): it must be a file that this user may read, or not be there"
        ) from None
    try:
        text, damage = raw.decode("utf-8-sig"), raw.find(b"\0")
    except UnicodeDecodeError as error:
        text, damage = "", error.start
    if damage >= 0:  # raised here, not above: that error holds the whole file
        line = raw.count(b"\n", 0, damage) + 1
        raise InvalidInput(
            f"{dotenv}, line {line}: not UTF-8: save the file as UTF-8, e.g. by iconv "
            "-f cp1251 -t utf-8; one that Windows calls Unicode by -f utf-16"
        )
    return text


def _require_readable(chosen: Mapping[str, str]) -> None:
    """Refuse what would be ignored or end in a traceback later; without its value, which may hold a password."""
    if (choice := chosen.get("ZAKAZ_SANDBOX", "")) not in ("", "0", "1"):
        raise InvalidInput(f"ZAKAZ_SANDBOX={choice!r} is not allowed: it must be 1, 0 or empty")
    for name, value in chosen.items():
        if name.startswith(("AIRFLOW", "ZAKAZ_")) and value != value.encode(errors="ignore").decode():
            raise InvalidInput(f"{name} is not allowed: it must be UTF-8, and has other bytes")
        if name.startswith("AIRFLOW_CONN_") and value and (complaint := _complaint(value)):
            raise InvalidInput(f"{name} {complaint}")


def _complaint(connection: str) -> str:
    """What keeps Airflow from reading a connection, of which it would only say "conn_id isn't defined", if anything."""
    if not connection.lstrip().startswith("{"):
        return (
            ""
            if _is_uri(connection)
            else (
                "is neither JSON nor a URI: write it as in .env.example; in a URI, %23 %2F %3A %3F %40 stand for "
                "# / : ? @ of a login or password"
            )
        )
    try:
        given = json.loads(connection)
    except ValueError as error:
        return f"is no readable JSON ({error}): in .env write it on one line, in single quotes"
    for field, value in given.items():
        if field not in FIELDS:
            return f"has a field {field!r}: allowed are {', '.join(FIELDS)}, and whatever else is in extra"
        kind, name = FIELDS[field]
        if value and not isinstance(value, kind) and not isinstance(_parsed(value), kind):
            return f"has a {field} that is not {name}"
        written = json.dumps([value, _parsed(value)], ensure_ascii=False)
        if written != well_formed(written):
            return f"has a {field} with half a character, such as \\ud83c alone: write it anew"
    return ""


def _parsed(text: Any) -> Any:
    """Airflow takes a port and an extra as texts too."""
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return None


def _is_uri(text: str) -> bool:
    """Whether Airflow takes a URI apart, and where its writer meant it to."""
    first, *further = text.partition("://")[2].split("://")
    try:
        parts = urlsplit(f"{first}://{further[0]}" if further else f"//{first}")
        is_apart = "@" not in parts.path and not parts.fragment and (parts.port or 0) >= 0
    except ValueError:
        return False
    return is_apart and text.count("://") in (1, 2) and not (further and re.search("[:@]", first))


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
        print(f"{program}: {error}", file=sys.stderr)
        sys.exit(1)
    path = Path(sys.executable).with_name(program)
    os.execve(path, [str(path), *arguments], environment)


if __name__ == "__main__":
    main()
