"""The file of thresholds: what is wrong with it is one clear line, and no check is run."""

from pathlib import Path

import pytest

from zakaz.errors import InvalidInput
from zakaz.warehouse import thresholds as module
from zakaz.warehouse.thresholds import thresholds

SHIPPED = module.FILE.read_text(encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "FILE", tmp_path / "thresholds.toml")
    return tmp_path / "thresholds.toml"


def test_the_file_is_what_the_checks_bind() -> None:
    values = thresholds()
    assert len(values) >= 5


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        pytest.param(
            "anomaly_weeks = 8",
            "anomaly_week = 8",
            "anomaly_week = 8 is unknown: no check binds it, they bind ",
            id="typo",
        ),
        pytest.param("anomaly_weeks = 8", "", "anomaly_weeks is missing", id="missing"),
        pytest.param("anomaly_mads = 4", "anomaly_mads = -4", "anomaly_mads = -4 is not allowed", id="negative"),
        pytest.param("anomaly_mads = 4", "anomaly_mads = nan", "anomaly_mads = NaN is not allowed", id="no number"),
        pytest.param("anomaly_weeks = 8", "anomaly_weeks = 8.5", "a whole number from 1 to 1000", id="half a week"),
        pytest.param("anomaly_weeks = 8", "anomaly_weeks = true", "a whole number from 1 to 1000", id="true"),
        pytest.param(
            "share = 0.10", "share = 10", "city_share = 10 is not allowed: it must be a number from 0", id="%"
        ),
        pytest.param("anomaly_mads = 4", "anomaly_mads = '4'", "anomaly_mads = 4 is not allowed", id="text"),
        pytest.param(
            "anomaly_weeks = 8",
            "anomaly_weeks = 3",
            "anomaly_min_weeks = 4 is not allowed: it must be at most",
            id="weeks",
        ),
        pytest.param("anomaly_mads = 4", "anomaly_mads 4", "can't be read: ", id="no TOML"),
        pytest.param("anomaly_weeks = 8", "anomaly_weeks = 0", "a whole number from 1 to 1000", id="no week"),
        pytest.param("anomaly_mads = 4", "anomaly_mads = 1001", "it must be a number from 0 to 1000", id="endless"),
        pytest.param("share = 0.10", "share = 1.01", "it must be a number from 0 to 1", id="more than all"),
    ],
)
def test_what_is_wrong_is_named(file: Path, line: str, instead: str, said: str) -> None:
    assert SHIPPED.count(line) == 1
    file.write_text(SHIPPED.replace(line, instead), encoding="utf-8")
    with pytest.raises(InvalidInput) as raised:
        thresholds()
    assert str(raised.value).startswith(str(file))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("anomaly_weeks = 8", "anomaly_weeks = 4"),
        ("anomaly_weeks = 8", "anomaly_weeks = 1000"),
        ("anomaly_min_weeks = 4", "anomaly_min_weeks = 1"),
        ("anomaly_mads = 4", "anomaly_mads = 0"),
        ("anomaly_mads = 4", "anomaly_mads = 1000"),
        ("share = 0.10", "share = 1"),
    ],
)
def test_the_ends_of_what_is_allowed_are_allowed(file: Path, line: str, instead: str) -> None:
    assert SHIPPED.count(line) == 1
    file.write_text(SHIPPED.replace(line, instead), encoding="utf-8")
    assert thresholds()[instead.split()[0].replace("share", "max_unknown_city_share")] == int(instead.split()[2])


def test_no_file_is_named(file: Path) -> None:
    with pytest.raises(InvalidInput, match=r"thresholds\.toml can't be read: "):
        thresholds()
