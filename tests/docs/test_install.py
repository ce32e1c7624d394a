"""The section «systemd» of docs/INSTALL.md: its commands fit each other, and do all that the image does."""

import re
import shlex

from sqlalchemy.engine import make_url

from zakaz.settings import PROJECT_DIR

SECTION = (PROJECT_DIR / "docs" / "INSTALL.md").read_text(encoding="utf-8").split("\n## systemd\n")[1].split("\n## ")[0]
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
