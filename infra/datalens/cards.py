"""Every chart as one statement of ClickHouse: for docs/DATALENS.md, and for the previews."""

import re
from collections.abc import Iterator

from datalens.datasets import formula_with_titles
from datalens.description import Chart, Dashboard, Description
from zakaz.settings import PROJECT_DIR

DOCUMENT = PROJECT_DIR / "docs" / "DATALENS.md"
SECTION = re.compile(r"(?<=<!-- cards: make datalens -->\n).*(?=<!-- /cards -->)", re.DOTALL)


def statement(chart: Chart, dashboard: Dashboard) -> str:
    """The chart with the selectors of its dashboard as they stand at first."""
    shown = [f"{field.sql} AS `{field.title}`" for field in chart.columns]
    dimensions = [field.sql for field in chart.columns if field.kind != "measure"]
    is_summed = len(dimensions) < len(chart.columns)
    clauses = [
        "SELECT\n    " + ",\n    ".join(shown),
        f"FROM {chart.dataset.view}",
        *_where(chart, dashboard),
        *(["GROUP BY " + ", ".join(dimensions)] if dimensions and is_summed else []),
        *_order(chart),
        *([f"LIMIT {chart.limit}"] if chart.limit else []),
    ]
    return "\n".join(clauses)


def _where(chart: Chart, dashboard: Dashboard) -> Iterator[str]:
    fields = chart.dataset.fields
    conditions = [
        f"{fields[name].sql} = {value if value.isdigit() else repr(value)}" for name, value in chart.where.items()
    ]
    periods = [(fields[name].sql, days) for name, days in chart.last_days.items()]
    periods += [
        (field.sql, selector.last_days)
        for selector in dashboard.selectors
        for dataset, field in selector.fields
        if selector.last_days and dataset is chart.dataset
    ]
    conditions += [f"{sql} >= toDate(now('Europe/Moscow')) - {days}" for sql, days in periods]
    if conditions:
        yield "WHERE " + "\n    AND ".join(conditions)


def _order(chart: Chart) -> Iterator[str]:
    orders = chart.sort or [(chart.columns[0], "ASC")] * (chart.kind == "line")
    if orders:
        # Only what is shown has a name by which to sort.
        named = [
            (f"`{field.title}`" if field in chart.columns else field.sql, direction) for field, direction in orders
        ]
        yield "ORDER BY " + ", ".join(f"{name} {direction}" for name, direction in named)


def section(description: Description) -> str:
    """What docs/DATALENS.md says of datasets and charts."""
    lines = ["", "### Датасеты", "", "| Представление | Вычисляемое поле | Формула DataLens |", "| --- | --- | --- |"]
    for dataset in description.datasets.values():
        lines += [
            f"| `{dataset.view}` | {field.title} | `{formula_with_titles(dataset, field)}` |"
            for field in dataset.fields.values()
            if field.formula
        ]
    for dashboard in description.dashboards.values():
        lines += ["", f"### Дашборд «{dashboard.title}»"]
        for chart in dashboard.charts():
            lines += ["", f"**{chart.title}**", "", "```sql", statement(chart, dashboard), "```"]
    return "\n".join([*lines, "", ""])


def document(description: Description, text: str) -> str:
    """The document with its cards written anew."""
    return SECTION.sub(lambda _: section(description), text, count=1)
