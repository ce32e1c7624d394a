"""docker-compose.yaml and its Dockerfile: no default password, nothing unpinned, open or without limits."""

import json
import os
import re
import shutil
import stat
import subprocess
import time
import xml.etree.ElementTree as ET
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
        # By its whole path: the file is looked for beside docker-compose.yaml.
        env={"PATH": os.environ["PATH"], "SETTINGS_FILE": str(settings)},
        capture_output=True,
        text=True,
    )


def make_secrets(folder: Path, *words: str, file: str = ".env") -> subprocess.CompletedProcess[str]:
    """Append what new_secrets.sh prints to a file."""
    script = PROJECT_DIR / "infra" / "airflow" / "new_secrets.sh"
    with (folder / file).open("a") as output:
        return subprocess.run(
            ["sh", str(script), *words], cwd=folder, stdout=output, stderr=subprocess.PIPE, text=True, check=False
        )


def read(settings: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in settings.read_text().splitlines())


@pytest.fixture
def new_secrets(tmp_path: Path) -> Path:
    """A .env that new_secrets.sh made."""
    assert make_secrets(tmp_path).returncode == 0
    return tmp_path / ".env"


def test_the_compose_tool_can_read_it_with_new_secrets(new_secrets: Path) -> None:
    found = config(new_secrets)
    assert found.returncode == 0, found.stderr
    services = yaml.safe_load(found.stdout)["services"]
    assert {"init", "scheduler", "api-server", "dag-processor", "watchdog", "postgres", "clickhouse"} <= set(services)


def test_without_a_secret_it_refuses_and_says_what_to_do(new_secrets: Path) -> None:
    lines = new_secrets.read_text().splitlines()
    assert read(new_secrets).keys() == set(SECRETS)
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


def test_backups_go_to_a_bucket_by_a_second_file(new_secrets: Path) -> None:
    """With the very settings that its first lines name; the key is for ClickHouse alone."""
    text = (PROJECT_DIR / "docker-compose.s3.yaml").read_text(encoding="utf-8")
    lines = dict(re.findall(r"^#   ([A-Z_0-9]+)=(\S+)", text, re.MULTILINE))
    files = lines.pop("COMPOSE_FILE").split(":")
    assert config(new_secrets, *files[1:]).returncode != 0, "without its settings"
    with new_secrets.open("a") as settings:
        settings.writelines(f"{name}={value}\n" for name, value in lines.items())
    found = config(new_secrets, *files[1:])
    assert found.returncode == 0, found.stderr
    services = yaml.safe_load(found.stdout)["services"]
    assert services["clickhouse"]["environment"].items() >= lines.items()
    assert [name for name, one in services.items() if "SECRET" in (one.get("environment") or {}).values()] == [
        "clickhouse"
    ]
    disk = ET.parse(PROJECT_DIR / "infra" / "clickhouse" / "s3" / "zakaz_s3.xml").find(
        "storage_configuration/disks/backups"
    )
    assert disk is not None
    assert disk.get("replace") == "1", "or it would be half a folder and half a bucket"
    assert {entry.get("from_env") for entry in disk} - {None} == set(lines)
    # The server reads the files of config.d by name.
    laid = next(
        str(volume["target"] if isinstance(volume, dict) else volume.split(":")[1])
        for volume in services["clickhouse"]["volumes"]
        if "zakaz_s3.xml" in str(volume)
    )
    assert laid > "/etc/clickhouse-server/config.d/zakaz.xml"


def test_backups_are_kept_and_the_old_ones_go_where_they_lie(new_secrets: Path) -> None:
    services = yaml.safe_load(config(new_secrets).stdout)["services"]
    for name in ("scheduler", "watchdog", "clickhouse"):
        assert services[name]["environment"]["BACKUP_KEEP"] == "14", name
    assert services["scheduler"]["environment"]["DUMP_DIR"] == "/opt/airflow/dumps"
    assert "dumps:/opt/airflow/dumps" in SERVICES["scheduler"]["volumes"]
    script = (PROJECT_DIR / "infra" / "clickhouse" / "entrypoint.sh").read_text()
    assert 'sh /zakaz/prune_backups.sh /var/lib/clickhouse-backups "${BACKUP_KEEP:-0}"' in script
    assert any("prune_backups.sh:/zakaz/prune_backups.sh:ro" in volume for volume in SERVICES["clickhouse"]["volumes"])


def test_secrets_are_new_each_time_and_fit_a_url(new_secrets: Path) -> None:
    made = read(new_secrets)
    assert len(set(made.values())) == len(SECRETS)
    assert all(re.fullmatch(r"[0-9a-f]{48}", value) for name, value in made.items() if name != "AIRFLOW_FERNET_KEY")
    assert re.fullmatch(r"[\w-]{43}=", made["AIRFLOW_FERNET_KEY"])


def test_secrets_are_made_once_and_read_by_nobody_else(new_secrets: Path, tmp_path: Path) -> None:
    """A second POSTGRES_PASSWORD would win over the one that the database knows."""
    assert stat.S_IMODE(new_secrets.stat().st_mode) == 0o600
    before = new_secrets.read_text()
    refused = make_secrets(tmp_path)
    assert (refused.returncode, new_secrets.read_text()) == (1, before)
    assert ".env has them all" in refused.stderr
    # An installation of 1.0 has no AIRFLOW_JWT_SECRET.
    new_secrets.write_text("".join(line for line in before.splitlines(True) if "JWT" not in line))
    assert make_secrets(tmp_path).returncode == 0
    assert read(new_secrets).keys() == set(SECRETS)
    assert make_secrets(tmp_path).returncode == 1


def test_a_demo_has_settings_of_its_own(tmp_path: Path) -> None:
    """The connections of the real sources must not reach it."""
    make_secrets(tmp_path, "demo", file=".env.demo")
    made = {"SETTINGS_FILE": ".env.demo", "ZAKAZ_SANDBOX": "1", "BACKUP_KEEP": "0"}
    assert read(tmp_path / ".env.demo").items() >= made.items()
    assert make_secrets(tmp_path, "demo", file=".env.demo").returncode == 1


def test_no_secret_has_a_default() -> None:
    text = (PROJECT_DIR / "docker-compose.yaml").read_text(encoding="utf-8")
    used = {name: kind for name, kind, _ in VARIABLE.findall(text) if kind}
    assert {name for name, kind in used.items() if kind == ":?"} == set(SECRETS)
    written = re.findall(r"(?im)^\s*\w*(?:PASSWORD|SECRET|TOKEN|FERNET)\w*:[ \t]*(\S.*)$", text)
    assert written
    assert all(value.startswith("${") or value == '""' for value in written), written


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
    if not service["image"].startswith("${ZAKAZ_IMAGE:-zakaz-etl}:"):
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


def test_one_service_builds_the_image_that_all_others_use(new_secrets: Path) -> None:
    """Several that build one tag fail on a Docker whose image store is empty."""
    services = yaml.safe_load(config(new_secrets).stdout)["services"]
    assert [name for name, service in services.items() if "build" in service] == ["init"]
    airflow = {
        service["image"] for name, service in services.items() if name in ("api-server", "scheduler", "watchdog")
    }
    assert airflow == {services["init"]["image"]}


def gigabytes(service: dict[str, Any]) -> float:
    limit = service["deploy"]["resources"]["limits"]["memory"]
    return float(limit[:-1]) * {"M": 1 / 1024, "G": 1}[limit[-1]]


def test_limits_fit_the_machine_that_the_readme_names() -> None:
    """8 GB, of which a kernel and Docker need some; without profiles, and once init has ended."""
    running = [name for name, service in SERVICES.items() if name not in ONE_OFF and "profiles" not in service]
    assert sum(gigabytes(SERVICES[name]) for name in running) <= 7.5


def test_what_stands_in_env_reaches_the_services_and_no_password_of_others(new_secrets: Path) -> None:
    settings = {name.upper(): "7" for name in Settings.model_fields}
    settings |= {"AIRFLOW__METRICS__OTEL_ON": "True", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.example:4318"}
    settings |= {"AIRFLOW__SMTP__SMTP_HOST": "mail.example", "AIRFLOW__API__PORT": "9999", "AIRFLOW_HOME": "/elsewhere"}
    with new_secrets.open("a") as file:
        file.writelines(f"{name}={value}\n" for name, value in settings.items())
    passed = yaml.safe_load(config(new_secrets).stdout)["services"]["scheduler"]["environment"]
    # What is for a laptop in the same folder.
    settings |= {"AIRFLOW__API__PORT": "8080", "AIRFLOW_HOME": "/opt/airflow"}
    assert {name: passed[name] for name in settings} == settings
    made = read(new_secrets)
    assert not {made["BI_READER_PASSWORD"], made["AIRFLOW_ADMIN_PASSWORD"]} & set(passed.values())


def watched(folder: Path, ends: str, hour: str = "02") -> str:
    """What one round of the watchdog's container runs at an hour, UTC; `ends` is the end of each, as shell."""
    programs = {"timeout": f'echo "$5" >> asked; {ends}', "sleep": 'echo "$1" > pause; kill $PPID'}
    programs["date"] = f"echo {hour}"
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    command = [word.replace("/opt/zakaz", str(PROJECT_DIR)) for word in SERVICES["watchdog"]["command"]]
    environment = {"PATH": f"{folder}:{os.environ['PATH']}"}
    (folder / "asked").unlink(missing_ok=True)
    subprocess.run([*command[:-1], "./looked"], cwd=folder, env=environment, check=False, timeout=30)
    return (folder / "asked").read_text()


@pytest.mark.parametrize(
    ("code", "looked", "pause"), [(0, True, "1800"), (2, True, "1800"), (1, False, "60"), (124, False, "60")]
)
def test_the_watchdog_is_healthy_by_looks_that_came_to_a_result(
    tmp_path: Path, code: int, looked: bool, pause: str
) -> None:
    assert watched(tmp_path, f"exit {code}").splitlines()[0] == "watchdog"
    assert (tmp_path / "looked").exists() is looked
    assert (tmp_path / "pause").read_text().strip() == pause


def test_what_airflow_keeps_of_old_runs_goes_once_a_week(tmp_path: Path) -> None:
    both, cleaned = "watchdog\nclean\n", tmp_path / "cleaned"
    assert watched(tmp_path, "exit 1") == both
    assert watched(tmp_path, "exit 0") == both, "Airflow's database had been away"
    assert watched(tmp_path, "exit 0") == "watchdog\n"
    os.utime(cleaned, (then := time.time() - 8 * 24 * 3600, then))
    assert watched(tmp_path, "exit 0") == both


@pytest.mark.parametrize(("minutes_ago", "is_healthy"), [(None, False), (0, True), (45, True), (55, False)])
def test_a_watchdog_that_has_not_looked_for_a_while_is_not_healthy(
    tmp_path: Path, minutes_ago: int | None, is_healthy: bool
) -> None:
    service = SERVICES["watchdog"]
    kind, command = service["healthcheck"]["test"]
    mark = service["command"][-1]
    assert (kind, mark in command) == ("CMD-SHELL", True)
    if minutes_ago is not None:
        looked_at = time.time() - 60 * minutes_ago
        (tmp_path / "looked").touch()
        os.utime(tmp_path / "looked", (looked_at, looked_at))
    done = subprocess.run(["sh", "-c", command.replace(mark, str(tmp_path / "looked"))], capture_output=True)
    assert (done.returncode == 0) is is_healthy


def test_the_image_is_the_official_one_with_the_lock_and_no_secret() -> None:
    text = (PROJECT_DIR / "infra" / "airflow" / "Dockerfile").read_text()
    airflow = re.search(r"^apache-airflow==(\S+)", (PROJECT_DIR / "requirements.txt").read_text(), re.MULTILINE)
    assert airflow
    assert re.findall(r"^FROM (.*)$", text, re.MULTILINE) == [f"apache/airflow:slim-{airflow[1]}-python3.13"]
    assert "--require-hashes --no-deps --requirement /tmp/requirements.txt" in text
    assert re.findall(r"^USER (.*)$", text, re.MULTILINE)[-1] == "50000"
    assert (PROJECT_DIR / ".dockerignore").read_text().startswith("*\n")  # .env and .git stay outside


def test_in_the_hour_after_the_scheduler_s_backup_what_it_did_not_do_is_done(tmp_path: Path) -> None:
    """That hour is 04 in Moscow."""
    for hour, asked in (("00", []), ("01", ["backup"]), ("02", [])):
        assert watched(tmp_path, "exit 1", hour).split() == ["watchdog", *asked, "clean"]
