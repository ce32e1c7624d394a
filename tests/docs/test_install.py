"""docs/INSTALL.md: what it does under systemd is what the image does, and an update can be taken back."""

import os
import re
import shlex
import subprocess
from pathlib import Path

from sqlalchemy.engine import make_url

from zakaz.settings import PROJECT_DIR

TEXT = (PROJECT_DIR / "docs" / "INSTALL.md").read_text(encoding="utf-8")
SECTION = TEXT.split("\n## systemd\n")[1].split("\n## ")[0]
SHELL = "".join(re.findall(r"^```sh server\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL))
EXAMPLE = (PROJECT_DIR / ".env.example").read_text(encoding="utf-8")


def calls(program: str) -> list[list[str]]:
    """What as-zakaz is asked to run, in blocks and in the text: the arguments of each call of a program."""
    written = re.findall(rf"(?:^|`)as-zakaz {program} ([^`<#\n]+)", SECTION.replace("\\\n", ""), re.MULTILINE)
    return [shlex.split(arguments) for arguments in written]


def test_it_does_what_the_image_does_before_its_services_start() -> None:
    init = (PROJECT_DIR / "infra" / "airflow" / "init.py").read_text(encoding="utf-8")
    lines = init.split('"""')[3].split("\n")[1:-1]
    assert len(lines) == 4
    assert sorted(map(shlex.split, lines)) == sorted(words for words in calls("airflow") if words[0] != "dags")
    assert ["migrate"] in calls("zakaz")


def test_the_database_of_the_example_is_the_one_that_is_made() -> None:
    (written,) = re.findall(r"^#AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=(\S+)$", EXAMPLE, re.MULTILINE)
    url = make_url(written)
    hardening = (PROJECT_DIR / "infra" / "systemd" / "hardening.conf").read_text(encoding="utf-8")
    assert f"\nUser={url.username}\n" in hardening, "PostgreSQL believes the system, so both are one user"
    assert (url.password, url.query["host"]) == (None, "/var/run/postgresql")
    assert f"-- createuser {url.username}\n" in SHELL
    assert f"-- createdb --owner {url.username} {url.database}\n" in SHELL


def run_block(title: str, folder: Path, images: str = "") -> list[str]:
    """Run the commands of a block in a checkout; what it asks of Docker."""
    (block,) = re.findall(rf"^\*\*{title}\*\*.*?^```sh server\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    (folder / "bin").mkdir(exist_ok=True)
    program = folder / "bin" / "docker"
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\n[ "$2" != ls ] || printf "{images}"\n')
    program.chmod(0o755)
    (folder / "asked").write_text("")
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    block = block.replace("ПРЕЖНЯЯ_ВЕРСИЯ", "v2.0.0")
    subprocess.run(["sh", "-euc", block], cwd=folder / "zakaz", env=environment, check=True, capture_output=True)
    return (folder / "asked").read_text().splitlines()


def test_an_update_keeps_the_image_that_a_rollback_starts(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "origin", tmp_path / "zakaz"

    def git(*arguments: str) -> None:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@localhost", "-C", theirs, *arguments]
        subprocess.run(command, check=True, capture_output=True)

    theirs.mkdir()
    for command in (
        ["init", "-b", "main"],
        ["commit", "--allow-empty", "-m", "old"],
        ["tag", "-a", "v2.0.0", "-m", ""],
    ):
        git(*command)
    subprocess.run(["git", "clone", "-q", theirs, ours], check=True)
    git("commit", "--allow-empty", "-m", "new")
    git("tag", "-a", "v2.1.0", "-m", "")
    (ours / ".env").write_text("A=1\nVERSION_TAG=v2.0.0\n")
    asked = run_block("Обновить", tmp_path, images="v2.1.0\\nv2.0.0\\nv1.0.0\\n")
    assert (ours / ".env").read_text() == "A=1\nVERSION_TAG=v2.1.0\n"
    assert asked[1] == "compose up -d --build"
    assert asked[3:] == ["image rm zakaz-etl:v1.0.0"]
    assert run_block("Откатить", tmp_path) == ["compose up -d"], "nothing is built"
    assert (ours / ".env").read_text() == "A=1\nVERSION_TAG=v2.0.0\n"
