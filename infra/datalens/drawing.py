"""A dashboard as a page: much like DataLens draws it, from rows that are already there."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from datalens.dashboards import COLUMNS, SELECTORS_HEIGHT
from datalens.datasets import data_type
from datalens.description import FOLDER, Chart, Dashboard, Field
from datalens.formats import written

Rows = Sequence[Sequence[Any]]
Size = tuple[int, int]
LIGHTS = {"🟢": "green", "🟡": "yellow", "🔴": "red", "⚪": "white"}
MONTHS = (
    *("январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь"),
    "декабрь",
)
COLOURS = ("#4DA2F1", "#FF7E00")
NOTE = "Предпросмотр, нарисован скриптом по тем же запросам; цифры выдуманы"
# Pixels: the page, a column and a row of the grid with the gap after it, what a tile spends on its edges and title.
PAGE_WIDTH, MARGIN, HEADER = 1440, 32, 84
COLUMN, ROW, GAP_X, GAP_Y = (PAGE_WIDTH - 2 * MARGIN + 10) / COLUMNS, 24, 10, 7
FRAME_X, FRAME_Y = 36, 56
TABLE_HEAD, TABLE_ROW = 45, 29
# Blanks after a short word, and before the unit of a number.
UNBROKEN = re.compile(r"(?<=\bбез) |(?<=\b(?:на|по)) |(?<=\b[ск]) |(?<=\bрубль) |(?<=[\d,]) (?=[сч]\b)")
LONG_TEXT = 40  # characters; what is longer may take a second line


def page(dashboard: Dashboard, rows: dict[str, Rows]) -> str:
    """The page of one dashboard.

    :param rows: of each chart, by its name.
    """
    tiles = [_selectors(dashboard)] if dashboard.selectors else []
    for row in dashboard.rows:
        tiles += [_tile(chart, rows[chart.name], width, row.height) for chart, width in row.charts]
    style = (FOLDER / "preview.css").read_text(encoding="utf-8")
    title = escape(dashboard.title)
    return (
        f'<!doctype html><html lang="ru"><meta charset="utf-8"><title>{title}</title><style>{style}</style>'
        f"<body><header><h1>{title}</h1><p>{NOTE}</p></header><main>{''.join(tiles)}</main></body></html>"
    )


def page_height(dashboard: Dashboard) -> int:
    """How high the page is, in pixels."""
    rows = sum(row.height for row in dashboard.rows) + SELECTORS_HEIGHT * bool(dashboard.selectors)
    return HEADER + rows * ROW + MARGIN


def _selectors(dashboard: Dashboard) -> str:
    chosen = [
        f"<span>{escape(one.title)}<b>{f'последние {one.last_days} дней' if one.last_days else 'все'}</b></span>"
        for one in dashboard.selectors
    ]
    place = f"grid-column: span {COLUMNS}; grid-row: span {SELECTORS_HEIGHT}"
    return f'<section class="selectors" style="{place}">{"".join(chosen)}</section>'


def _tile(chart: Chart, rows: Rows, width: int, height: int) -> str:
    draw = {"indicator": _indicator, "table": _table, "line": _line, "bar": _bar}[chart.kind]
    place = f"grid-column: span {width}; grid-row: span {height}"
    size = (int(width * COLUMN - GAP_X - FRAME_X), height * ROW - GAP_Y - FRAME_Y)
    return f'<section style="{place}"><h2>{escape(_unbroken(chart.title))}</h2>{draw(chart, rows, size)}</section>'


def _indicator(chart: Chart, rows: Rows, _size: Size) -> str:
    field = chart.columns[0]
    text = _text(field, rows[0][0])
    if data_type(field) != "markup":
        return f'<div class="value">{escape(text)}</div>'
    light, _, words = text.partition("\n")
    return f'<div class="card">{_light(light)}{escape(words)}</div>'


def _table(chart: Chart, rows: Rows, size: Size) -> str:
    head = "".join(f"<th{_class(field)}>{escape(_head(field))}</th>" for field in chart.columns)
    body = "".join(
        f"<tr>{''.join(_cell(field, value) for field, value in zip(chart.columns, row, strict=True))}</tr>"
        for row in rows
    )
    cut = " cut" if TABLE_HEAD + TABLE_ROW * len(rows) > size[1] else ""
    return f'<div class="rows{cut}"><table><tr>{head}</tr>{body}</table></div>'


def _head(field: Field) -> str:
    return "" if field.name == "emoji" else _unbroken(field.title)


def _unbroken(title: str) -> str:
    """The title with what belongs together on one line."""
    return UNBROKEN.sub("\N{NO-BREAK SPACE}", title)


def _cell(field: Field, value: Any) -> str:
    if value in LIGHTS:
        return f'<td class="light">{_light(value)}</td>'
    text = _text(field, value)
    return f"<td{_class(field) or _long(text)}>{escape(text)}</td>"


def _class(field: Field) -> str:
    is_number = data_type(field) in ("integer", "float") and field.format != "id"
    return ' class="number"' if is_number else ""


def _long(text: str) -> str:
    return ' class="long"' if len(text) > LONG_TEXT else ""


def _light(sign: str) -> str:
    # The fonts of a build machine have no coloured signs.
    return f'<i class="dot {LIGHTS[sign]}"></i>'


def _text(field: Field, value: Any) -> str:
    if value is None:
        return "–"
    if field.format == "month":
        return f"{MONTHS[value.month - 1]} {value.year}"
    if field.format:
        return written(value, field.format)
    if isinstance(value, datetime):
        return f"{value.astimezone(ZoneInfo('Europe/Moscow')):%d.%m.%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    return str(value).replace(".", ",") if isinstance(value, float) else str(value)


def _line(chart: Chart, rows: Rows, size: Size) -> str:
    width, height, left, bottom, above = size[0], size[1] - 22, 70, 24, 8
    series = [[float(row[column]) for row in rows] for column in range(1, len(chart.columns))]
    top = _round_up(max(map(max, series)))
    across = [left + (width - left - 16) * place / (len(rows) - 1) for place in range(len(rows))]

    def down(value: float) -> float:
        return above + (height - bottom - above) * (1 - value / top)

    parts = []
    for mark in (0, top / 4, top / 2, top * 3 / 4, top):
        parts.append(f'<path d="M{left} {down(mark):.1f}H{width}" stroke="#eceef2"/>')
        text = written(mark, "count")
        parts.append(f'<text x="{left - 10}" y="{down(mark) + 4:.1f}" text-anchor="end">{text}</text>')
    for x, row in list(zip(across, rows, strict=True))[::5]:
        parts.append(f'<text x="{x:.1f}" y="{height - 4}" text-anchor="middle">{row[0]:%d.%m}</text>')
    for values, colour in zip(series, COLOURS, strict=True):
        points = "L".join(f"{x:.1f} {down(value):.1f}" for x, value in zip(across, values, strict=True))
        parts.append(f'<path d="M{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
    legend = "".join(
        f'<span><i style="background:{colour}"></i>{escape(field.title)}, ₽</span>'
        for field, colour in zip(chart.columns[1:], COLOURS, strict=True)
    )
    return f'<div class="legend">{legend}</div>{_svg(parts, width, height)}'


def _bar(chart: Chart, rows: Rows, size: Size) -> str:
    known = [(row[0], row[1]) for row in rows if row[1] is not None]
    width, step, left = size[0], size[1] / len(known), 125
    beside = 30 + 7 * max(len(_text(chart.columns[1], value)) for _, value in known)
    top = max(float(value) for _, value in known)
    parts = []
    for place, (name, value) in enumerate(known):
        middle, long = (place + 0.5) * step, (width - left - beside) * float(value) / top
        parts.append(
            f'<text class="label" x="{left - 10}" y="{middle + 4:.1f}" text-anchor="end">{escape(name)}</text>'
        )
        parts.append(
            f'<rect x="{left}" y="{middle - 8:.1f}" width="{long:.1f}" height="16" rx="3" fill="{COLOURS[0]}"/>'
        )
        text = _text(chart.columns[1], value)
        parts.append(f'<text class="label" x="{left + long + 8:.1f}" y="{middle + 4:.1f}">{escape(text)}</text>')
    return _svg(parts, width, size[1])


def _svg(parts: list[str], width: int, height: int) -> str:
    return f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}">{"".join(parts)}</svg>'


def _round_up(value: float) -> float:
    """The next number of one digit and a half, for the top of an axis."""
    unit = 10 ** (len(str(int(value))) - 1)
    return float(-(-value // (unit / 2)) * (unit / 2))
