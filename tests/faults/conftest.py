"""The verdict on a fault, and the sum of all verdicts at the end of the tests."""

from collections.abc import Callable

import pytest

COUNTED = ("rows lost", "messages doubled", "secrets found")


@pytest.fixture
def judge(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Count what a fault did, for the report, and refuse any harm."""

    def judged(*, rows_lost: int, messages: list[str], secrets: list[str]) -> None:
        found = dict(zip(COUNTED, (rows_lost, len(messages) - len(set(messages)), len(secrets)), strict=True))
        for name, number in found.items():
            record_property(name, number)
        assert found == dict.fromkeys(COUNTED, 0)

    return judged
