"""docker-compose.yaml and its Dockerfile: no default password, nothing unpinned, open or without limits."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from compose_file import SECRETS, VARIABLE, raw
from zakaz.settings import PROJECT_DIR, Settings

FILE = raw()
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
ONE_OFF = {"init"}
every_service = pytest.mark.parametrize("name", SERVICES)


def compose() -> list[str]:
    """The compose tool, the plugin or the older program; both print what they make of a file."""
    if shutil.which("docker") and not subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        return ["docker", "compose"]
    if found := shutil.which("docker-compose"):
        return [found]
    pytest.skip("no compose tool: on Debian apt-get install docker-compose")


def config(settings: Path, *more: str) -> subprocess.CompletedProcess[str]:
    files = [word for name in ("docker-compose.yaml", *more) for word in ("--file", str(PROJECT_DIR / name))]
    return subprocess.run(
        [*compose(), "--env-file", str(settings), *files, "config"],
        cwd=settings.parent,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def new_secrets(tmp_path: Path) -> Path:
    """What new_secrets.sh prints."""
    script = PROJECT_DIR / "infra" / "airflow" / "new_secrets.sh"
    made = subprocess.run(["sh", str(script)], check=True, capture_output=True, text=True).stdout
    (tmp_path / "made.env").write_text(made)
    return tmp_path / "made.env"


def test_the_compose_tool_can_read_it_with_new_secrets(new_secrets: Path) -> None:
    found = config(new_secrets)
    assert found.returncode == 0, found.stderr
    services = yaml.safe_load(found.stdout)["services"]
    assert {"init", "scheduler", "webserver", "triggerer", "postgres", "clickhouse"} <= set(services)


def test_without_a_secret_it_refuses_and_says_what_to_do(new_secrets: Path) -> None:
    lines = new_secrets.read_text().splitlines()
    assert {line.partition("=")[0] for line in lines} == set(SECRETS)
    for name in SECRETS:
        new_secrets.write_text("\n".join(line for line in lines if not line.startswith(f"{name}=")) + "\n")
        found = config(new_secrets)
        assert found.returncode != 0, name
        assert "run sh infra/airflow/new_secrets.sh >> .env" in found.stderr


def test_tls_is_switched_on_by_a_second_file(new_secrets: Path) -> None:
    """With the very settings that its first lines name."""
    text = (PROJECT_DIR / "docker-compose.tls.yaml").read_text(encoding="utf-8")
    lines = dict(re.findall(r"^#   ([A-Z_]+)=(\S+)", text, re.MULTILINE))
    files = lines.pop("COMPOSE_FILE").split(":")
    with new_secrets.open("a") as settings:
        settings.writelines(f"{name}={value}\n" for name, value in lines.items())
    found = config(new_secrets, *files[1:])
    assert found.returncode == 0, found.stderr
    services = yaml.safe_load(found.stdout)["services"]
    connection = json.loads(services["scheduler"]["environment"]["AIRFLOW_CONN_CLICKHOUSE_DEFAULT"])
    assert (connection["host"], connection["port"]) == ("ch.example", 9440)
    assert connection["extra"] == {"http_port": 8443, "secure": True}
    server = services["clickhouse"]
    assert server["networks"]["default"]["aliases"] == ["ch.example"]
    assert {"https://127.0.0.1:8443/ping"} < set(server["healthcheck"]["test"])
    laid = next(volume for volume in map(str, server["volumes"]) if "zakaz-tls.xml" in volume)
    assert "/etc/clickhouse-server/config.d/" in laid
    assert "infra/clickhouse/tls/" in laid


def test_secrets_are_new_each_time_and_fit_a_url(new_secrets: Path) -> None:
    made = dict(line.split("=", 1) for line in new_secrets.read_text().splitlines())
    assert len(set(made.values())) == len(SECRETS)
    assert all(re.fullmatch(r"[0-9a-f]{48}", value) for name, value in made.items() if name != "AIRFLOW_FERNET_KEY")
    assert re.fullmatch(r"[\w-]{43}=", made["AIRFLOW_FERNET_KEY"])


def test_no_secret_has_a_default() -> None:
    text = (PROJECT_DIR / "docker-compose.yaml").read_text(encoding="utf-8")
    used = {name: kind for name, kind, _ in VARIABLE.findall(text) if kind}
    assert {name for name, kind in used.items() if kind == ":?"} == set(SECRETS)
    written = re.findall(r"(?im)^\s*\w*(?:PASSWORD|SECRET|TOKEN|FERNET)\w*:[ \t]*(\S.*)$", text)
    assert written
    assert all(value.startswith("${") for value in written), written


def test_on_a_host_of_containers_the_commands_say_where_they_run(new_secrets: Path, tmp_path: Path) -> None:
    """`make run`, which they would ask for elsewhere, would begin a second installation there."""
    shutil.copytree(PROJECT_DIR / "bin", tmp_path / "bin")
    new_secrets.rename(tmp_path / ".env")
    found = subprocess.run(
        [tmp_path / "bin" / "zakaz", "status"], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True
    )
    assert found.returncode == 1
    assert found.stderr == "zakaz: here the project runs in containers: docker compose exec scheduler zakaz status\n"


@every_service
def test_images_are_pinned(name: str) -> None:
    service = SERVICES[name]
    if "build" not in service:
        assert re.search(r":\d+\.\d+", service["image"]), service["image"]


@every_service
def test_ports_are_on_this_machine_unless_set(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert re.match(r"\$\{(AIRFLOW|CLICKHOUSE)_BIND:-127\.0\.0\.1\}:", port), port


@every_service
def test_every_service_is_watched_limited_and_kept_running(name: str) -> None:
    service = SERVICES[name]
    assert service["deploy"]["resources"]["limits"]["memory"]
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert service["security_opt"] == ["no-new-privileges:true"]
    if name in ONE_OFF:
        assert service["restart"] == "no"
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"]


@every_service
def test_volumes_are_named_or_read_only_files_of_the_project(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        source, _, rest = volume.partition(":")
        if source.startswith("."):
            assert (PROJECT_DIR / source).is_file(), volume
            assert rest.endswith(":ro"), volume
        else:
            assert source in FILE["volumes"], volume


def test_every_setting_reaches_the_tasks() -> None:
    passed = SERVICES["scheduler"]["environment"]
    assert {field.name.upper() for field in fields(Settings)} <= set(passed)


def test_the_image_is_the_official_one_with_the_lock_and_no_secret() -> None:
    text = (PROJECT_DIR / "infra" / "airflow" / "Dockerfile").read_text()
    airflow = re.search(r"^apache-airflow==(\S+)$", (PROJECT_DIR / "requirements.txt").read_text(), re.MULTILINE)
    assert airflow
    assert re.findall(r"^FROM (.*)$", text, re.MULTILINE) == [f"apache/airflow:slim-{airflow[1]}-python3.11"]
    assert "--requirement /tmp/requirements.txt" in text
    assert re.findall(r"^USER (.*)$", text, re.MULTILINE)[-1] == "50000"
    assert (PROJECT_DIR / ".dockerignore").read_text().startswith("*\n")  # .env and .git stay outside
