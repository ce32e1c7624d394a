"""docs/RUNBOOK_ETL.md: every code has its section, every link its target, and nothing in it is made up."""

import re

from docs.conftest import HEADING, TEXT, anchor, sections
from zakaz.alerts.messages import runbook, texts
from zakaz.pipeline import qtickets_findings
from zakaz.pipeline.check_files import checks_of
from zakaz.settings import PROJECT_DIR
from zakaz.stages import SOURCES
from zakaz.warehouse.ddl import name_of
from zakaz.warehouse.sql import files, statement

PARTS = ("**Что это.**", "**Как посмотреть.**", "**Как починить.**", "**Как убедиться.**")
UNFORESEEN = "непредвиденная-ошибка"
CHECKS = {
    name: re.findall(r"'(\w+)' AS code", file.read_text(encoding="utf-8"))[0]
    for source in SOURCES
    for file, names in checks_of(source).items()
    for name in names
} | dict.fromkeys(qtickets_findings.CHECKS, "ANOMALY")
CODES = {*re.findall(r"[A-Z_]{5,}", statement("alerts/tables/etl_alerts.sql").split("'RUN_FAILED")[1].split("'")[0])}


def test_every_code_has_the_section_that_its_messages_link_to() -> None:
    codes = {"RUN_FAILED", *CODES, *CHECKS.values()}
    assert len(codes) == 12
    for code in codes:
        page, _, name = runbook(code).partition("#")
        assert (PROJECT_DIR / page).is_file()
        section = sections()[name]
        assert [part for part in PARTS if part not in section] == [], code


def test_every_cause_leads_to_its_section() -> None:
    for error, told in texts("causes.json").items():
        name = anchor(error) or UNFORESEEN
        assert sections(3)[name].strip(), error
        (row,) = [line for line in TEXT.splitlines() if line.startswith(f"| {told['cause']} |")]
        assert f"(#{name})" in row


def test_every_check_is_explained_under_its_code() -> None:
    for name, code in CHECKS.items():
        assert f"`{name}`" in sections()[code.lower()], name


def test_every_link_has_its_target_and_every_section_is_in_the_contents() -> None:
    anchors = {anchor(heading) for _, heading in HEADING.findall(TEXT)}
    linked = re.findall(r"\]\(([^)\s]+)\)", TEXT)
    for link in linked:
        page, _, name = link.partition("#")
        if page.startswith("http"):
            continue
        file = PROJECT_DIR / "docs" / page if page else PROJECT_DIR / "docs" / "RUNBOOK_ETL.md"
        assert file.is_file(), link
        known = {anchor(heading) for _, heading in HEADING.findall(file.read_text(encoding="utf-8"))}
        assert not name or name in known, link
    contents = set(re.findall(r"\(#([^)]+)\)", sections()["содержание"]))
    assert contents == set(sections()) - {"содержание"}
    assert len(anchors) == len(HEADING.findall(TEXT)), "two sections of one name"


def test_tables_and_settings_exist() -> None:
    tables = {name_of(file) for file in (*files("*/tables"), *files("*/views"))}
    # What the predecessor had stands in the first column of its table.
    ours = re.sub(r"^\|[^|]*\|", "", sections()["переезд-с-прежней-системы"], flags=re.MULTILINE)
    ours += "".join(text for name, text in sections().items() if name != "переезд-с-прежней-системы")
    named = set(re.findall(r"(?<![/\w])((?:zakaz|meta|bi)\.[a-z]\w+)", ours))
    assert len(named) > 15
    assert named <= tables
    sources = (PROJECT_DIR / ".env.example", *(PROJECT_DIR / "plugins").rglob("*.py"))
    known = "".join(file.read_text(encoding="utf-8") for file in sources)
    for setting in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", TEXT):
        assert setting in known, setting
