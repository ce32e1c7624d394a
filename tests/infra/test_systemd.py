"""infra/systemd: what `make install-systemd` lays down, judged by systemd's own tools."""

import os
import re
import shlex
import shutil
import stat
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest

from zakaz.settings import BACKUP_LIMIT, PROJECT_DIR, TASK_LIMIT
from zakaz.stages import STAGES

UNITS = (
    *("zakaz-scheduler.service", "zakaz-api-server.service", "zakaz-dag-processor.service"),
    *("zakaz-watchdog.service", "zakaz-backup.service", "zakaz-clean.service"),
    *("etl@vk_fetch.service", "etl@zakaz_etl.service"),
)
TIMERS = ("zakaz-watchdog.timer", "zakaz-backup.timer", "zakaz-clean.timer", "etl@vk_fetch.timer")
# systemd's own scale: 0 is locked up, 10 is naked. A network service that is not a container ends about here.
HIGHEST_EXPOSURE = 15

analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze: on Debian apt-get install systemd"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files as they are installed, for a project that stands in this checkout."""
    folder = tmp_path_factory.mktemp("root")
    command = ["make", "--silent", "install-systemd", f"DESTDIR={folder}", f"PREFIX={PROJECT_DIR}"]
    subprocess.run(command, cwd=PROJECT_DIR, check=True, capture_output=True)
    return folder


def ask_systemd(root: Path, *arguments: str, log_level: str = "info") -> subprocess.CompletedProcess[str]:
    units = root / "etc" / "systemd" / "system"
    # The colon at the end adds the system's own units.
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:", "SYSTEMD_COLORS": "0"}
    environment["SYSTEMD_LOG_LEVEL"] = log_level
    return subprocess.run(["systemd-analyze", *arguments], cwd=units, env=environment, capture_output=True, text=True)


@analyze
@pytest.mark.parametrize("unit", [*UNITS, *TIMERS])
def test_systemd_finds_nothing_wrong(root: Path, unit: str) -> None:
    found = ask_systemd(root, "verify", "--man=no", f"./{unit}")
    assert (found.returncode, found.stderr) == (0, "")


@analyze
@pytest.mark.parametrize("unit", UNITS)
def test_every_service_is_locked_up(root: Path, unit: str) -> None:
    found = ask_systemd(root, "security", "--offline=true", f"--threshold={HIGHEST_EXPOSURE}", unit)
    assert found.returncode == 0, found.stdout[-500:]
    # The hardening lies in a drop-in: without it this would be nearly 10.
    assert re.search(r"Overall exposure level for .*: 1\.\d OK", found.stdout)


# When each timer's service is started; Moscow is three hours ahead of UTC.
STARTED = {
    "etl@.timer": {"02:35", "02:50", "03:05"},
    "zakaz-backup.timer": {"01:30"},
    "zakaz-clean.timer": {"09:00"},
    "zakaz-watchdog.timer": {f"{hour:02}:{minute}" for hour in range(24) for minute in (15, 45)},
}


@analyze
def test_every_timer_starts_its_service_when_it_should(root: Path) -> None:
    timers = {file.name: file.read_text() for file in (root / "etc/systemd/system").glob("*.timer")}
    assert set(timers) == set(STARTED)
    for name, text in timers.items():
        calendars = re.findall(r"^OnCalendar=(.*)$", text, re.MULTILINE)
        found = ask_systemd(root, "calendar", f"--iterations={len(STARTED[name])}", *calendars)
        assert found.returncode == 0, found.stderr
        assert set(re.findall(r"(\d\d:\d\d):00 UTC", found.stdout)) == STARTED[name], name
        assert {"Persistent=true", "WantedBy=timers.target"} <= set(text.splitlines()), "a machine that was off"
        assert (root / "etc/systemd/system" / name.replace(".timer", ".service")).is_file()


def test_a_missing_day_is_no_failure_of_the_watchman_and_all_else_is(root: Path) -> None:
    units = {file.name: file.read_text() for file in (root / "etc/systemd/system").glob("*.service")}
    forgiven = {name: re.findall(r"^SuccessExitStatus=(.*)$", text, re.MULTILINE) for name, text in units.items()}
    assert {name: codes for name, codes in forgiven.items() if codes} == {"zakaz-watchdog.service": ["2"]}
    before, look = re.findall(r"^ExecStart(?:Pre)?=(.*)$", units["zakaz-watchdog.service"], re.MULTILINE)
    assert (before, look) == (f"{PROJECT_DIR}/bin/zakaz --version", f"{PROJECT_DIR}/bin/zakaz watchdog")
    assert "\nOnFailure=zakaz-watchdog.service\n" in units["etl@.service"]
    always = {name for name, text in units.items() if "\nRestart=always\n" in text}
    assert always == {name for name, text in units.items() if "\nType=oneshot\n" not in text}


def test_a_stage_reads_what_a_scheduler_would_and_no_more(root: Path) -> None:
    service = (root / "etc/systemd/system/etl@.service").read_text()
    assert "/bin/zakaz stage %i --lookback --if-needed\n" in service, "what a scheduler would re-read, and no more"


@analyze
@pytest.mark.parametrize(("unit", "limit"), [("etl@vk_fetch.service", "15min"), ("etl@zakaz_etl.service", "1h 20min")])
def test_a_stage_has_the_time_of_a_task_and_the_chain_that_of_all(root: Path, unit: str, limit: str) -> None:
    assert len(STAGES) * TASK_LIMIT < timedelta(minutes=80)
    # As it says at debug level, all that it made of the unit and its drop-ins.
    loaded = ask_systemd(root, "verify", "--man=no", f"./{unit}", log_level="debug").stdout
    assert re.findall(r"^\s+TimeoutStartSec: (.*)$", loaded, re.MULTILINE)[0] == limit


def test_what_lets_old_backups_go_keeps_the_newest_whole_ones_and_those_that_people_named(tmp_path: Path) -> None:
    whole = ("20261001-003000", "20261002-003000", "20261128-003000", "20261129-003000")
    broken = {"20261120-003000": 10, "20261130-003000": 0}  # of nights ago, and of this one, which may be under way
    for name in (*(f"zakaz-{night}" for night in (*whole, *broken)), "before-2026-10-01", "zakaz-mine", "spaces here"):
        (tmp_path / name / "metadata").mkdir(parents=True)
        if name.removeprefix("zakaz-") not in broken:
            (tmp_path / name / ".backup").touch()
    for night, days in broken.items():
        then = time.time() - timedelta(days=days).total_seconds()
        os.utime(tmp_path / f"zakaz-{night}", (then, then))
    command = ["sh", str(PROJECT_DIR / "infra" / "clickhouse" / "prune_backups.sh"), str(tmp_path)]
    everything = {file.name for file in tmp_path.iterdir()}
    for nothing in ("0", "", "all", "-1"):
        assert subprocess.run([*command, nothing]).returncode == 0
        assert {file.name for file in tmp_path.iterdir()} == everything, nothing
    for _ in range(2):
        subprocess.run([*command, "2"], check=True)
        assert {file.name for file in tmp_path.iterdir()} == {
            *("zakaz-20261128-003000", "zakaz-20261129-003000", "zakaz-20261130-003000"),
            *("before-2026-10-01", "zakaz-mine", "spaces here"),
        }
    assert subprocess.run([*command[:-1], str(tmp_path / "elsewhere"), "2"]).returncode == 0


@analyze
def test_a_night_has_the_time_of_a_backup_and_ends_with_the_old_ones(root: Path) -> None:
    loaded = ask_systemd(root, "verify", "--man=no", "./zakaz-backup.service", log_level="debug").stdout
    assert re.findall(r"^\s+TimeoutStartSec: (.*)$", loaded, re.MULTILINE)[0] == "2h"
    assert timedelta(hours=2) == BACKUP_LIMIT
    start, after = (re.findall(rf"{step}:\s+Command Line: (.*)", loaded)[0] for step in ("ExecStart", "ExecStartPost"))
    assert shlex.split(start) == [f"{PROJECT_DIR}/bin/zakaz", "backup", "--if-needed"]
    script = f"{PROJECT_DIR}/infra/clickhouse/prune_backups.sh"
    assert shlex.split(after.replace("\\$", "$")) == [
        "/bin/sh",
        script,
        "/var/lib/clickhouse-backups",
        "${BACKUP_KEEP}",
    ]


def test_settings_are_for_root_alone_and_are_kept(root: Path) -> None:
    settings = root / "etc" / "zakaz" / "zakaz.env"
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.parent.stat().st_mode) == 0o700
    assert "\nZAKAZ_SANDBOX=0\n" in settings.read_text(), "connections kept in Airflow are not hidden by made-up ones"
    settings.write_text("#mine\n")
    command = ["make", "--silent", "install-systemd", f"DESTDIR={root}", f"PREFIX={PROJECT_DIR}"]
    subprocess.run(command, cwd=PROJECT_DIR, check=True, capture_output=True)
    assert settings.read_text() == "#mine\n"


def as_zakaz(root: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What as-zakaz asks of systemd-run, one argument a line."""
    fake = folder / "systemd-run"
    fake.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    fake.chmod(0o755)
    environment = {"PATH": f"{folder}:{os.defpath}"}
    command = [root / "usr" / "local" / "bin" / "as-zakaz", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_a_command_has_the_settings_of_the_services(root: Path, tmp_path: Path) -> None:
    *asked, separator, program, first, second = as_zakaz(root, tmp_path, "zakaz", "sql", "SELECT 1; --").stdout.split(
        "\n"
    )[:-1]
    assert (separator, program) == ("--", str(PROJECT_DIR / "bin" / "zakaz"))
    assert (first, second) == ("sql", "SELECT 1; --")
    hardening = (root / "etc/systemd/system/zakaz-.service.d/hardening.conf").read_text()
    settings = re.findall(r"^(\w+=.*)$", hardening.split("\n\n")[0], re.MULTILINE)
    assert sorted(settings) == sorted(asked[number + 1] for number, word in enumerate(asked) if word == "-p")
    assert {"--pty", "--pipe", "--wait", "--description=as-zakaz zakaz"} <= set(asked)


def test_a_command_that_is_not_the_projects_stays_what_it_is(root: Path, tmp_path: Path) -> None:
    assert as_zakaz(root, tmp_path, "id").stdout.endswith("--\nid\n")
    refused = as_zakaz(root, tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "name a command" in refused.stderr


def test_nothing_is_left_to_fill_in(root: Path) -> None:
    for file in root.rglob("*"):
        if file.is_file():
            assert "@PREFIX@" not in file.read_text(), file
