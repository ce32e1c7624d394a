"""The GitHub workflows: pinned, with few rights, no input or secret in the text of a script, bad input refused."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs.conftest import lines
from zakaz.days import last_complete_day as yesterday
from zakaz.settings import PROJECT_DIR
from zakaz.stages import STAGES

FOLDER = PROJECT_DIR / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
every_workflow = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)


def steps(file: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(file.read_text())["jobs"].values()
    return [step for job in jobs for step in job.get("steps", ())]


@every_workflow
def test_actions_are_pinned_by_commit_and_named_by_version(file: Path) -> None:
    used = re.findall(r"uses: (.*)$", file.read_text(), re.MULTILINE)
    assert used
    for one in used:
        ours = one.startswith("./.github/workflows/")
        assert ours or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one), one


@every_workflow
def test_it_may_read_and_no_more(file: Path) -> None:
    written = yaml.safe_load(file.read_text())
    assert written["permissions"] == {"contents": "read"}
    for name, job in written["jobs"].items():
        assert job.get("permissions") == ({"contents": "write", "packages": "write"} if name == "publish" else None)
        assert "uses" in job or job["timeout-minutes"]
    for step in steps(file):
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@every_workflow
def test_nothing_from_outside_is_part_of_a_script(file: Path) -> None:
    for step in steps(file):
        assert "${{" not in step.get("run", ""), step
        for name, value in step.get("env", {}).items():
            if "secrets." in str(value):
                assert value == f"${{{{ secrets.{name} }}}}"


def test_ci_tries_everything_on_every_version() -> None:
    jobs = yaml.safe_load((FOLDER / "workflows" / "ci.yml").read_text())["jobs"]
    matrix = {name: job.get("strategy", {}).get("matrix", {}) for name, job in jobs.items()}
    commands = {name: "\n".join(step.get("run", "") for step in job["steps"]) for name, job in jobs.items()}
    assert "make lint" in commands["lint"]
    assert matrix["test"] == {"python": ["3.11", "3.13", "3.14"]}
    assert "make test" in commands["test"]
    assert "--pre apache-airflow" in commands["next-airflow"]
    assert jobs["next-airflow"]["continue-on-error"] is True
    assert jobs["test"]["steps"][0]["with"]["fetch-depth"] == 0, "the history is searched for secrets"
    assert len(matrix["clickhouse"]["version"]) == 2
    assert "make test-server" in commands["clickhouse"]
    assert "docker compose --env-file .env.demo up" in commands["compose"]
    for trial in (
        "stage zakaz_etl",
        "airflow dags backfill",
        "restore ci --check",
        "'FROM system.tables'",
        "bi_reader",
        "| grep ACCESS_DENIED",
    ):
        assert trial in commands["compose"], trial
    weekly = [line for line in lines("") if "FROM system.tables" in line]
    assert len(weekly) == 1, "that the step finds in the runbook"
    locks = {file.name for file in PROJECT_DIR.glob("requirements*.txt")}
    assert set(matrix["audit"]["lock"]) == locks
    assert "pip-audit" in commands["audit"]


def test_the_choice_is_what_the_script_knows() -> None:
    text = (FOLDER / "workflows" / "etl_dispatch.yml").read_text()
    options = yaml.safe_load(text)[True]["workflow_dispatch"]["inputs"]["job"]["options"]  # YAML reads `on` as true
    assert set(options) == {"zakaz_etl", "backfill_all", *STAGES}
    for job in options:
        assert dispatch("check", JOB=job, FROM="2026-11-01", TO="2026-11-02").returncode == 0


def test_only_the_main_branch_sees_the_production_secrets() -> None:
    for file in WORKFLOWS:
        for job in yaml.safe_load(file.read_text())["jobs"].values():
            if "environment" in job:
                assert job["if"] == "github.ref == 'refs/heads/main'"


@pytest.mark.parametrize(
    ("tag", "version", "changelog", "said"),
    [
        ("v2.1.0", "2.1.0", "## [2.1.0] - 2027-01-01\n\n- New.\n\n## [2.0.0]\n\n- Old.\n", "\n- New.\n"),
        ("v2.1.0", "2.1", "## [2.1.0]\n\n- New.\n", "release: the tag v2.1.0 is not the version in"),
        ("v2.1.0", "2.1.0", "## [Unreleased]\n\n- New.\n", "release: CHANGELOG.md says nothing of 2.1.0"),
        ("v2.1.0", "2.1.0", "## [2.1.0-rc1]\n\n- New.\n", "release: CHANGELOG.md says nothing of 2.1.0"),
    ],
)
def test_a_release_is_what_its_version_and_its_notes_say(
    tmp_path: Path, tag: str, version: str, changelog: str, said: str
) -> None:
    (tmp_path / "plugins" / "zakaz").mkdir(parents=True)
    (tmp_path / "plugins" / "zakaz" / "__init__.py").write_text(f'__version__ = "{version}"\n')
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{changelog}")
    command = [FOLDER / "release.sh", "notes"]
    environment = {"PATH": os.environ["PATH"], "TAG": tag}
    ended = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == (1 if "release" in said else 0)
    assert (ended.stderr if ended.returncode else ended.stdout).startswith(said)


def test_the_image_carries_the_list_of_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "docker").write_text('#!/bin/sh\necho "$@" >> calls\ncat - >> input < /dev/stdin\n')
    (tmp_path / "docker").chmod(0o755)
    given = {"TAG": "v2.1.0", "GITHUB_REPOSITORY": "Owner/Zakaz", "GITHUB_ACTOR": "owner", "GITHUB_SHA": "0" * 40}
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_TOKEN": "a-token", **given}
    command = [FOLDER / "release.sh", "image"]
    subprocess.run(command, env=environment, cwd=tmp_path, check=True, stdin=subprocess.DEVNULL)
    login, _, build = (tmp_path / "calls").read_text().splitlines()
    assert login == "login ghcr.io --username owner --password-stdin"
    assert (tmp_path / "input").read_text() == "a-token\n", "it stands in no list of processes"
    assert "--push --sbom=true --provenance=mode=max " in build
    assert build.endswith(" --tag ghcr.io/owner/zakaz:2.1.0 .")


def dispatch(step: str, **given: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], **given}
    return subprocess.run([str(FOLDER / "etl_dispatch.sh"), step], env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"JOB": "drop_all"}, "job='drop_all' is not allowed"),
        ({"JOB": ""}, "job='' is not allowed"),
        ({"JOB": "vk_fetch", "FROM": "2026-02-30"}, "from='2026-02-30' is not allowed"),
        ({"JOB": "vk_fetch", "FROM": "yesterday"}, "from='yesterday' is not allowed"),
        ({"JOB": "vk_fetch", "FROM": "$(touch here)"}, "from='$(touch here)' is not allowed"),
        ({"JOB": "vk_fetch", "FROM": "2026-11-01; ls"}, "is not allowed"),
        ({"JOB": "vk_fetch", "FROM": "2100-01-01"}, "is not over"),
        ({"JOB": "vk_fetch", "FROM": "2026-11-02", "TO": "2026-11-01"}, "is after to="),
        ({"JOB": "vk_fetch", "FROM": "2026-01-01", "TO": "2026-11-01"}, "305 days are too many"),
        ({"JOB": "backfill_all", "FROM": "2026-11-01"}, "needs both days"),
    ],
)
def test_bad_input_is_refused_with_one_line(given: dict[str, str], said: str) -> None:
    ended = dispatch("run", **given)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1


def dispatched(step: str, folder: Path) -> tuple[int, list[str], set[str]]:
    """The exit code, the calls of bin/zakaz (which fails for one day of three), and the secrets that it sees."""
    program = folder / "zakaz"
    program.write_text('#!/bin/sh\necho "$@" >> calls\nenv | grep AIRFLOW_CONN >> seen\ntest "$4" != 2026-11-02\n')
    program.chmod(0o755)
    secrets = {"AIRFLOW_CONN_CLICKHOUSE_DEFAULT": "{}", "AIRFLOW_CONN_QTICKETS_DEFAULT": ""}
    environment = {"PATH": os.environ["PATH"], "ZAKAZ": str(program), "JOB": "backfill_all", **secrets}
    environment |= {"FROM": "2026-11-01", "TO": "2026-11-03"}
    ended = subprocess.run([str(FOLDER / "etl_dispatch.sh"), step], env=environment, cwd=folder)
    return ended.returncode, *((folder / name).read_text().splitlines() for name in ("calls", "seen"))


def test_each_day_is_run_and_a_bad_one_stops_no_other(tmp_path: Path) -> None:
    code, calls, seen = dispatched("run", tmp_path)
    assert code == 1
    assert calls == [f"stage zakaz_etl --date 2026-11-0{number}" for number in (1, 2, 3)]
    assert set(seen) == {"AIRFLOW_CONN_CLICKHOUSE_DEFAULT={}"}


def test_a_run_that_failed_or_was_cut_off_is_told_of(tmp_path: Path) -> None:
    assert dispatched("watch", tmp_path) == (0, ["watchdog"], ["AIRFLOW_CONN_CLICKHOUSE_DEFAULT={}"])
    file = FOLDER / "workflows" / "etl_dispatch.yml"
    (job,) = yaml.safe_load(file.read_text())["jobs"].values()
    *_, installed, run, watch = job["steps"]
    assert watch["if"] == f"(failure() || cancelled()) && steps.{installed['id']}.outcome == 'success'"
    assert [step["run"].split()[-1] for step in (run, watch)] == ["run", "watch"]
    assert watch["env"] == run["env"]
    assert run["timeout-minutes"] < job["timeout-minutes"]


def test_it_works_as_the_server_does() -> None:
    """What is set there and is no secret is a variable; each is documented."""
    text = (FOLDER / "workflows" / "etl_dispatch.yml").read_text()
    document = (PROJECT_DIR / "docs" / "INSTALL.md").read_text(encoding="utf-8").split("## GitHub Actions\n")[1]
    variables = re.findall(r"(\w+): \$\{\{ vars\.(\w+) \}\}", text)
    assert [name for name, variable in variables if name != variable] == []
    assert {name for name, _ in variables} == {"LOOKBACK_DAYS", "SALES_LOOKBACK_DAYS", "REFUND_DAYS", "RUNBOOK_URL"}
    for name in (*dict(variables), *re.findall(r"secrets\.(\w+)", text), "production", "access_token"):
        assert f"`{name}`" in document, name


def test_without_a_day_it_is_yesterday() -> None:
    assert f"vk_fetch, {yesterday()} to {yesterday()}: 1 day(s)" in dispatch("check", JOB="vk_fetch").stdout
