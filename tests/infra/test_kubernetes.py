"""The values for Airflow's chart, as far as they can be looked at without a cluster: no secret, nothing forgotten."""

import re
from typing import Any

import pytest
import yaml

from zakaz.airflow_compat import IS_AIRFLOW_2
from zakaz.environment import project_environment
from zakaz.settings import PROJECT_DIR

TEXT = (PROJECT_DIR / "infra" / "kubernetes" / "values.yaml").read_text(encoding="utf-8")
VALUES: dict[str, Any] = yaml.safe_load(TEXT)
DOCUMENT = (PROJECT_DIR / "docs" / "KUBERNETES.md").read_text(encoding="utf-8")
# Which key the chart reads of a Secret, by the value that names it.
KEYS = {
    "fernetKeySecretName": "fernet-key",
    "webserverSecretKeySecretName": "webserver-secret-key",
    "metadataSecretName": "connection",
    "brokerUrlSecretName": "connection",
    "passwordSecretName": "password",
}


@pytest.mark.skipif(not IS_AIRFLOW_2, reason="the image, and so its values, are those of Airflow 2")
def test_airflow_is_set_up_as_everywhere() -> None:
    elsewhere = project_environment({"ZAKAZ_SANDBOX": "0"}, dotenv=None)
    settings = {
        f"AIRFLOW__{section.upper()}__{name.upper()}": value
        for section, given in VALUES["config"].items()
        for name, value in given.items()
    }
    for name, value in settings.items():
        assert value.replace("/opt/zakaz", str(PROJECT_DIR)) == elsewhere[name], name
    # A container listens on its own address, and how many workers it has is the chart's own matter.
    left_out = {"WEB_SERVER_HOST", "WORKERS"}
    ours = {name for name in elsewhere if name.startswith("AIRFLOW__")}
    assert {name for name in ours - set(settings) if not name.endswith(tuple(left_out))} == set()


def test_versions_are_those_of_the_lock() -> None:
    assert f"apache-airflow=={VALUES['airflowVersion']}\n" in (PROJECT_DIR / "requirements.txt").read_text()


def test_secrets_are_named_and_not_written() -> None:
    assert {name for name in VALUES if name.endswith("SecretName")} == {
        "fernetKeySecretName",
        "webserverSecretKeySecretName",
    }
    assert not VALUES["webserver"]["defaultUser"]["enabled"]
    assert not re.search(r"(?im)^\s*(password|fernetKey|webserverSecretKey|connection):", TEXT)


def test_the_chart_does_not_refuse_them() -> None:
    """By its check-values.yaml (1.18): its own Redis with a password from a Secret needs the URL from one too."""
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
    assert set(re.findall(r"secretRef: \{name: ([\w-]+)\}", TEXT)) == set(re.findall(r"(\S+) --from-env-file", DOCUMENT))


def test_rows_that_wait_for_clickhouse_outlive_a_worker() -> None:
    (claim,) = VALUES["workers"]["volumeClaimTemplates"]
    (mount,) = VALUES["workers"]["extraVolumeMounts"]
    state = {entry["name"]: entry["value"] for entry in VALUES["env"]}["ZAKAZ_STATE_DIR"]
    assert (claim["metadata"]["name"], mount["mountPath"]) == (mount["name"], state)
