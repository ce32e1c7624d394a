"""Both READMEs say the same, and what they lead to is there."""

import re
from pathlib import Path

import pytest

from docs.conftest import DOCUMENTS, HEADING, anchor, lines, spoken
from zakaz.settings import PROJECT_DIR

READMES = ("README.md", "README.ru.md")
LINK = re.compile(r"\]\(([^)#:]+)(?:#([^)]+))?\)")
PICTURE = re.compile(r"!\[[^]]+\]\(([^)]+)\)")
PICTURES = "docs/pictures"
SMALL = 150 * 1024  # bytes


def outline(text: str) -> list[tuple[int, list[str], list[str]]]:
    """The depth of each heading, with the commands below it, and what stands between backticks there."""
    starts = [*HEADING.finditer(text)]
    ends = [*(match.start() for match in starts[1:]), len(text)]
    parts = [(len(match[1]), text[match.end() : end]) for match, end in zip(starts, ends, strict=True)]
    parts.insert(0, (1, text[: starts[0].start()]))
    return [(depth, lines("", "long", "server", text=part), sorted({*spoken(part)})) for depth, part in parts]


def test_both_have_the_same_headings_commands_names_and_pictures() -> None:
    english, russian = (DOCUMENTS[name] for name in READMES)
    assert outline(english) == outline(russian)
    assert PICTURE.findall(english) == PICTURE.findall(russian)


def test_the_two_commands_stand_above_the_first_heading() -> None:
    assert outline(DOCUMENTS["README.md"])[0][1] == ["make run", "make test"]


@pytest.mark.parametrize("name", READMES)
def test_links_lead_somewhere(name: str) -> None:
    for path, place in LINK.findall(DOCUMENTS[name]):
        file = PROJECT_DIR / path
        assert file.exists(), path
        if place:
            headings = HEADING.findall(file.read_text(encoding="utf-8"))
            assert place in {anchor(heading) for _, heading in headings}, path


def test_the_pictures_are_small_and_all_shown() -> None:
    shown = {Path(path) for path in PICTURE.findall(DOCUMENTS["README.md"])}
    kept = {file.relative_to(PROJECT_DIR): file.stat().st_size for file in (PROJECT_DIR / PICTURES).iterdir()}
    assert {*kept} == shown
    assert max(kept.values()) <= SMALL
