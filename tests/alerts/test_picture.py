"""The picture of the digest, as far as a machine can look at it."""

import math
from datetime import timedelta
from typing import Any

import pytest
from matplotlib.figure import Figure

from made_runs import DAY
from zakaz.alerts.picture import METRICS, Point, draw
from zakaz.days import DayRange

DAYS = DayRange(DAY - timedelta(days=27), DAY)


def drawn(monkeypatch: pytest.MonkeyPatch, *spend: float | None, odd: int = 0) -> Any:
    """The panel of the spend of the last days, each of which is usually 10,000 to 30,000 rubles."""
    figures: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: figures.append(figure))
    days = [DAY - timedelta(days=ago) for ago in reversed(range(len(spend)))]
    points = [
        Point(metric, str(day), amount, None if at == 0 else 1e4, None if at == 0 else 3e4, at == odd)
        for metric in METRICS
        for at, (day, amount) in enumerate(zip(days, spend, strict=True))
    ]
    draw(points, DAYS)
    return figures[0].axes[0]


def test_a_day_without_data_is_a_gap_and_an_unusual_one_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = drawn(monkeypatch, 20_000, None, 0, 45_000, odd=3)
    line, unusual = panel.lines
    assert [None if math.isnan(value) else value for value in line.get_ydata()] == [20, None, 0, 45]
    assert unusual.get_markevery() == [3]
    assert panel.get_title("left") == "Расход VK без НДС, тыс. ₽"
    assert [label.get_text() for label in panel.figure.axes[-1].get_xticklabels()] == [f"{DAY:%d.%m}"]
    words = [text.get_text() for text in panel.figure.legends[0].get_texts()]
    assert (words, panel.figure.get_suptitle()) == (
        ["обычно в этот день недели", "за день", "необычно"],
        "24 октября – 20 ноября 2026",
    )


@pytest.mark.parametrize(
    ("largest", "unit", "shown"), [(9_000, "₽", 9_000), (4e5, "тыс. ₽", 400), (25e6, "млн ₽", 25), (0, "₽", 0)]
)
def test_amounts_have_a_unit_that_can_be_read(
    monkeypatch: pytest.MonkeyPatch, largest: float, unit: str, shown: float
) -> None:
    panel = drawn(monkeypatch, largest, None)
    assert (panel.get_title("left").partition(", ")[2], panel.lines[0].get_ydata()[0]) == (unit, shown)


def test_more_refunds_than_sales_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(monkeypatch, 5_000, -2_000).get_ylim()[0] == -2_000
