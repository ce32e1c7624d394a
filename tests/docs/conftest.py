"""The documents as a reader sees them: the runbook's sections by anchor, and the commands of each."""

import re

from zakaz.settings import PROJECT_DIR

DOCUMENTS = {
    name: (PROJECT_DIR / name).read_text(encoding="utf-8")
    for name in (
        "README.md",
        "README.ru.md",
        "docs/FROM_1_0.md",
        "docs/INSTALL.md",
        "docs/KUBERNETES.md",
        "docs/RUNBOOK_ETL.md",
    )
}
TEXT = DOCUMENTS["docs/RUNBOOK_ETL.md"]
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


def blocks(*kinds: str, text: str = "".join(DOCUMENTS.values())) -> list[str]:
    """The blocks of commands: '' are run as they stand, `long` as far as their plan, `server` are only read."""
    return [block for info, block in BLOCK.findall(text) if info in kinds]


def lines(*kinds: str, text: str = "".join(DOCUMENTS.values())) -> list[str]:
    """The commands of such blocks, each once, without the comment at its end."""
    written = "".join(blocks(*kinds, text=text)).replace("\\\n", " ").splitlines()
    return list(dict.fromkeys(re.sub(r"\s+# .*", "", line) for line in written))


def spoken(text: str) -> list[str]:
    """What stands between backticks outside the blocks."""
    return re.findall(r"`([^`\n]+)`", BLOCK.sub("", text))
