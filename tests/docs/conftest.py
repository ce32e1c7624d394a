"""The runbook as a reader sees it: its sections by anchor, and its blocks of commands."""

import re

from zakaz.settings import PROJECT_DIR

TEXT = (PROJECT_DIR / "docs" / "RUNBOOK_ETL.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```sh(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(##+) (.+)$", re.MULTILINE)


def anchor(heading: str) -> str:
    """What GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def sections(level: int = 2) -> dict[str, str]:
    """The text below each heading of this level, by its anchor."""
    found = [match for match in HEADING.finditer(TEXT) if len(match[1]) <= level]
    ends = [match.start() for match in found[1:]] + [len(TEXT)]
    return {
        anchor(match[2]): TEXT[match.end() : end]
        for match, end in zip(found, ends, strict=True)
        if len(match[1]) == level
    }


def blocks(kind: str) -> list[str]:
    """The blocks of commands: '' are run as they stand, `long` as far as their plan, `server` are only read."""
    return [block for info, block in BLOCK.findall(TEXT) if info == kind]


def lines(kind: str) -> list[str]:
    """The commands of such blocks, each once."""
    return list(dict.fromkeys(line for block in blocks(kind) for line in block.splitlines()))
