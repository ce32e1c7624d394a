"""The picture of the digest: four weeks of spend, revenue and their ratio against the usual, drawn for a phone."""

import io
import math
import os
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from zakaz.alerts.messages import days_ru, number_ru
from zakaz.days import DayRange
from zakaz.settings import state_dir

# The least of the largest amount, the divisor, and the unit.
RUBLES = ((1e7, 1e6, ", млн ₽"), (1e4, 1e3, ", тыс. ₽"), (0, 1, ", ₽"))
METRICS = {
    "spend": ("Расход VK без НДС", RUBLES),
    "net_revenue": ("Выручка за вычетом возвратов", RUBLES),
    "roas": ("Вся выручка на рубль VK", ((0, 1, ""),)),
}
INCHES, DPI = (7.2, 8.4), 150  # 1080 × 1260 pixels
LINE, BAND, UNUSUAL, MUTED, GRID = "#1f5fbf", "#c9d9f0", "#d62f2f", "#5c6470", "#e4e7eb"


class Point(NamedTuple):
    """A day of a figure as report/figures.sql has it; `amount` is None without data, the range without a history."""

    metric: str
    day: str
    amount: float | None
    low: float | None
    high: float | None
    is_unusual: bool


def draw(points: Sequence[Point], days: DayRange) -> bytes:
    """Draw the figures as a PNG; days without data are gaps.

    :param points: of each of METRICS its days, the oldest first.
    """
    # By default a folder of the user's home, which a service may have none of.
    os.environ.setdefault("MPLCONFIGDIR", str(state_dir() / "matplotlib"))
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(INCHES, DPI, layout=ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.12))
    figure.suptitle(days_ru(days), x=0.02, ha="left", fontsize=15, fontweight="bold")
    panels = figure.subplots(len(METRICS), sharex=True)
    for panel, metric in zip(panels, METRICS, strict=True):
        _draw(panel, [point for point in points if point.metric == metric], *METRICS[metric])
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower left", ncols=3, frameon=False, fontsize=12)
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()


def _draw(panel: Any, points: Sequence[Point], title: str, units: Sequence[tuple[float, float, str]]) -> None:
    least, largest = (extreme(point.amount or 0 for point in points) for extreme in (min, max))
    scale, unit = next((scale, unit) for from_, scale, unit in units if largest >= from_)
    days = [date.fromisoformat(point.day) for point in points]
    amounts, low, high = (
        [math.nan if value is None else value / scale for value in values]
        for values in zip(*(point[2:5] for point in points), strict=True)
    )
    odd = [at for at, point in enumerate(points) if point.is_unusual]
    panel.fill_between(days, low, high, color=BAND, linewidth=0, label="обычно в этот день недели")
    panel.plot(days, amounts, color=LINE, marker="o", markersize=4, linewidth=2, label="за день")
    panel.plot(days, amounts, "o", markevery=odd, color=UNUSUAL, markersize=8, clip_on=False, label="необычно")
    panel.set_title(title + unit, loc="left", fontsize=14)
    panel.set_ylim(bottom=min(0, least / scale))
    panel.set_xticks(days[::-7], [f"{day:%d.%m}" for day in days[::-7]])
    panel.yaxis.set_major_formatter(lambda value, _: number_ru(value, 0 if value.is_integer() else 1))
    panel.tick_params(labelsize=12, colors=MUTED, length=0)
    panel.grid(axis="y", color=GRID)
    panel.set_axisbelow(True)
    panel.spines[:].set_visible(False)
