"""Every command that a document names, in a block or between backticks, exists with its options, targets and files."""

import contextlib
import fnmatch
import itertools
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from compose_file import raw
from docs.conftest import DOCUMENTS, blocks, lines, spoken
from zakaz.cli.app import app
from zakaz.cli.dags_backfill import backfill
from zakaz.settings import PROJECT_DIR

PROGRAM = re.compile(r"(?:\w+=\S+ )*(?:as-zakaz )?(?:\S*/)?(zakaz|airflow|make|docker|systemctl|journalctl) ")
COMPOSE = {
    "compose": {"--env-file", "--profile"},
    "up": {"-d", "--build", "--scale", "--remove-orphans"},
    "pull": set(),
    "logs": {"--tail", "--since"},
    "run": {"--rm", "--no-deps"},
    "exec": {"-T"},
    **{name: set[str]() for name in ("cp", "down", "ps", "restart", "stop")},
}
every_document = pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)


def calls(program: str, text: str) -> list[list[str]]:
    """The arguments of each call of a program; what runs in a container counts as the program that runs there."""
    found = []
    for line in (*lines("", "long", "server", text=text), *spoken(text)):
        here = re.sub(r"^.*docker compose exec \w+ ", "", line) if program in ("zakaz", "airflow") else line
        if (match := PROGRAM.match(f"{here} ")) and match[1] == program:
            found.append(words(here[match.end() :]))
    return [call for call in found if call and call[0] != "…"]


def words(line: str) -> list[str]:
    """A command's words, as far as the next pipe, redirection or `&&`."""
    split = shlex.shlex(line, posix=True, punctuation_chars=True)
    split.whitespace_split = True
    return list(itertools.takewhile(lambda word: not set(word) <= set("();<>|&"), split))


def test_the_calls_are_found() -> None:
    for program, least in {
        "zakaz": 60,
        "airflow": 10,
        "make": 8,
        "docker": 15,
        "systemctl": 8,
        "journalctl": 3,
    }.items():
        assert sum(len(calls(program, text)) for text in DOCUMENTS.values()) >= least, program


@every_document
def test_bin_zakaz_takes_them(text: str) -> None:
    for name, *arguments in calls("zakaz", text):
        command = app.commands[name]
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert {one for one in arguments if one.startswith("--")} <= known, (name, arguments)
        # A mention may leave out what is needed.
        with contextlib.suppress(click.MissingParameter):
            if "…" not in arguments:
                command.make_context(name, arguments)


@every_document
def test_airflow_takes_them(text: str) -> None:
    from airflow.cli.cli_parser import get_parser

    for arguments in calls("airflow", text):
        if arguments[:2] == ["dags", "backfill"]:  # ours
            if "…" not in arguments[2:]:
                backfill.make_context("airflow dags backfill", arguments[2:] or ["zakaz_etl"])
        elif len(arguments) > 2:
            get_parser().parse_args(arguments)
        else:  # may be a name, without what it needs
            with pytest.raises(SystemExit, match=r"^0$"):
                get_parser().parse_args([*arguments, "--help"])


@every_document
def test_make_knows_the_targets(text: str) -> None:
    for arguments in calls("make", text):
        # With a Python named, make need not look for one.
        command = ["make", "--dry-run", f"PYTHON={sys.executable}", *arguments]
        subprocess.run(command, cwd=PROJECT_DIR, check=True, capture_output=True)


@every_document
def test_compose_knows_the_services(text: str) -> None:
    services = raw()["services"]
    profiles = {profile for service in services.values() for profile in service.get("profiles", ())}
    for tool, *call in calls("docker", text):
        if tool != "compose":
            continue
        name = next(word for word in call if word in COMPOSE)
        before, after = call[: call.index(name)], call[call.index(name) + 1 :]
        if name in ("exec", "run"):
            after = after[: 1 + next(place for place, word in enumerate(after) if word in services)]  # the container's
        elif name == "cp":
            after = [word.partition(":")[0] for word in after if ":" in word]
        for given, known in ((before, COMPOSE["compose"]), (after, COMPOSE[name])):
            assert {word for word in given if word.startswith("-")} <= known, call
        named = {word.partition("=")[0] for word in after if not word.startswith("-") and not word[0].isdigit()}
        assert named <= {*services}, call
        assert {value for option, value in itertools.pairwise(before) if option == "--profile"} <= profiles, call


@every_document
def test_celery_s_workers_get_work(text: str) -> None:
    """Without both they are not started, or stand beside a scheduler that does all itself."""
    for line in text.splitlines():
        if "worker=" in line:
            assert "AIRFLOW_EXECUTOR=CeleryExecutor" in line
            assert re.search("--profile celery|COMPOSE_PROFILES=celery", line)


@every_document
def test_units_and_files_exist(text: str) -> None:
    units = [file.name for file in (PROJECT_DIR / "infra" / "systemd").iterdir()]
    for call in (*calls("systemctl", text), *calls("journalctl", text)):
        for name in re.findall(r"(?:zakaz-|etl@)[\w.*-]+", " ".join(call)):
            unit = re.sub(r"@[^.]*", "@", name)
            whole = unit.endswith((".timer", "*"))
            pattern = unit if whole else f"{unit}.*" if unit.endswith("@") else f"{unit}.service"
            assert fnmatch.filter(units, pattern), name
    named = re.findall(r"(?<![\w/])((?:bin|include|dags|plugins|infra|docs|\.github)/[\w/.-]*[\w/])", text)
    assert {name for name in named if not (PROJECT_DIR / name).exists()} == set()


@every_document
def test_the_blocks_are_sound_shell(text: str, tmp_path: Path) -> None:
    for number, block in enumerate(blocks("", "long", "server", text=text)):
        (tmp_path / f"{number}.sh").write_text(block, encoding="utf-8")
    # SC2164: nobody wants the shell that they type in to close when `cd` fails.
    program = [str(Path(sys.executable).with_name("shellcheck")), "--shell=sh", "--exclude=SC2164"]
    found = subprocess.run([*program, *map(str, tmp_path.glob("*.sh"))], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout
