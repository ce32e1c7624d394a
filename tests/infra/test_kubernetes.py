"""The values for Airflow's chart, as far as they can be looked at without a cluster: no secret, nothing forgotten."""

import re
import subprocess
from typing import Any

import yaml

from compose_file import raw
from zakaz.environment import project_environment
from zakaz.settings import PROJECT_DIR

TEXT = (PROJECT_DIR / "infra" / "kubernetes" / "values.yaml").read_text(encoding="utf-8")
VALUES: dict[str, Any] = yaml.safe_load(TEXT)
ENVIRONMENT = {entry["name"]: entry["value"] for entry in VALUES["env"]}
DOCUMENT = (PROJECT_DIR / "docs" / "KUBERNETES.md").read_text(encoding="utf-8")
# Which key the chart reads of a Secret, by the value that names it.
KEYS = {
    "fernetKeySecretName": "fernet-key",
    "apiSecretKeySecretName": "api-secret-key",
    "jwtSecretName": "jwt-secret",
    "metadataSecretName": "connection",
    "brokerUrlSecretName": "connection",
    "passwordSecretName": "password",
}


def test_airflow_is_set_up_as_everywhere() -> None:
    """`airflow` in the image is bin/airflow, whose settings win over the chart's airflow.cfg: the two must agree."""
    elsewhere = project_environment({"ZAKAZ_SANDBOX": "0"}, dotenv=None)
    in_file = {
        f"AIRFLOW__{section.upper()}__{name.upper()}": value.replace("/opt/zakaz", str(PROJECT_DIR))
        for section, given in VALUES["config"].items()
        for name, value in given.items()
    }
    settings = in_file | {name: value for name, value in ENVIRONMENT.items() if name.startswith("AIRFLOW__")}
    ours = {name: value for name, value in elsewhere.items() if name.startswith("AIRFLOW__")}
    here = {
        "AIRFLOW__API__HOST": "0.0.0.0",
        "AIRFLOW__API__BASE_URL": "https://airflow.example",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "http://zakaz-api-server:8080/execution/",
        "AIRFLOW__CORE__AUTH_MANAGER": raw()["services"]["api-server"]["environment"]["AIRFLOW__CORE__AUTH_MANAGER"],
    }
    assert settings == ours | here


def test_versions_are_those_of_the_lock() -> None:
    assert f"apache-airflow=={VALUES['airflowVersion']} " in (PROJECT_DIR / "requirements.txt").read_text()


def test_secrets_are_named_and_not_written() -> None:
    assert {name for name in VALUES if name.endswith("SecretName")} == {
        "fernetKeySecretName",
        "apiSecretKeySecretName",
        "jwtSecretName",
    }
    assert not VALUES["createUserJob"]["enabled"]
    assert not re.search(r"(?im)^\s*(password|fernetKey|apiSecretKey|jwtSecret|connection):", TEXT)


def test_the_chart_does_not_refuse_them() -> None:
    """By its check-values.yaml (1.22): its own Redis with a password from a Secret needs the URL from one too."""
    assert VALUES["executor"] == "CeleryExecutor"
    assert VALUES["redis"].keys() <= {"passwordSecretName", "persistence"}
    assert VALUES["data"].keys() == {"metadataSecretName", "brokerUrlSecretName"}
    # These have rules of their own.
    assert not VALUES.keys() & {"elasticsearch", "opensearch", "dags"}


def test_each_secret_is_made_with_the_key_that_is_read() -> None:
    named = {**VALUES, **VALUES["data"], **VALUES["redis"]}
    read = {(name, KEYS[value]) for value, name in named.items() if value.endswith("SecretName")}
    made = re.findall(r"create secret generic ([\w-]+) --from-literal=([\w-]+)=", DOCUMENT)
    assert read == set(made)
    (release,) = re.findall(r"helm .* upgrade --install (\w+) ", DOCUMENT)
    assert f'connection="redis://:$password@{release}-redis:6379/0"' in DOCUMENT
    connections = set(re.findall(r"secretRef: \{name: ([\w-]+)\}", TEXT))
    assert connections == set(re.findall(r"create secret generic ([\w-]+) --from-env-file", DOCUMENT))


def test_tasks_and_an_ingress_get_through_to_the_server() -> None:
    """The chart's policy lets nobody in who is not named (api-server-networkpolicy.yaml)."""
    assert VALUES["networkPolicies"]["enabled"]
    tasks, ingress = VALUES["apiServer"]["networkPolicy"]["ingress"]["from"]
    (release,) = re.findall(r"helm .* upgrade --install (\w+) ", DOCUMENT)
    assert tasks["podSelector"]["matchLabels"] == {"tier": "airflow", "release": release}
    assert ingress["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
    assert f"//{release}-api-server:8080/" in VALUES["config"]["core"]["execution_api_server_url"]


def test_rows_that_wait_for_clickhouse_outlive_a_worker() -> None:
    workers = VALUES["workers"]["celery"]
    (claim,) = workers["volumeClaimTemplates"]
    (mount,) = workers["extraVolumeMounts"]
    assert (claim["metadata"]["name"], mount["mountPath"]) == (mount["name"], ENVIRONMENT["ZAKAZ_STATE_DIR"])


def test_the_watchman_looks_as_elsewhere() -> None:
    cron = yaml.safe_load((PROJECT_DIR / "infra" / "kubernetes" / "watchdog.yaml").read_text(encoding="utf-8"))
    timer = (PROJECT_DIR / "infra" / "systemd" / "zakaz-watchdog.timer").read_text(encoding="utf-8")
    assert cron["spec"]["schedule"].split()[0] in timer
    pod = cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"] == f"{VALUES['defaultAirflowRepository']}:{VALUES['defaultAirflowTag']}"
    given = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert (given["ZAKAZ_SANDBOX"], given["CONNECTION_CHECK_MAX_COUNT"]) == ("0", "0")
    assert container["envFrom"] == [{"secretRef": {"name": "zakaz-connections"}}]
    shell, option, script = container["args"]
    for ended, code in ((0, 0), (2, 0), (1, 1), (124, 1)):
        called = script.replace("zakaz watchdog", f"(exit {ended})")
        assert subprocess.call([shell, option, called]) == code


def test_backups_are_made_and_missed() -> None:
    """By the DAG, which needs no CronJob."""
    assert int(ENVIRONMENT["BACKUP_KEEP"]) > 0
    assert "DUMP_DIR" not in ENVIRONMENT, "the database is the provider's, and so are its backups"
