"""workbook.yaml as objects; a name in it that stands for nothing is an error here already."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import yaml

from zakaz.warehouse.sql import files

FOLDER = Path(__file__).parent
REFERENCE = re.compile(r"\[(\w+)\]")
COMMENT = re.compile(r"^COMMENT COLUMN (\w+)\s+'(.*)',$", re.MULTILINE)
Kind = Literal["column", "dimension", "measure"]


@dataclass(frozen=True, kw_only=True)
class Field:
    """A column of the view, or a calculated field.

    :param type: of a column its type in ClickHouse, of a calculated field DataLens's type.
    :param formula: in DataLens's language, with names of columns in brackets.
    :param sql: the same in ClickHouse's language; of a column its name.
    :param format: how a number is written, by a name in `formats.py`; `month`: a day that stands for its month.
    :param is_hidden: not in the list of fields; formulas read it all the same.
    """

    name: str
    title: str
    kind: Kind
    type: str
    sql: str
    formula: str = ""
    format: str = ""
    is_hidden: bool = False

    @property
    def references(self) -> list[str]:
        """The names of the columns in the formula, each once."""
        return list(dict.fromkeys(REFERENCE.findall(self.formula)))


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A view and what is calculated over it.

    :param comments: those of the view's columns, as include/sql has them.
    """

    name: str
    title: str
    view: str
    comments: dict[str, str]
    fields: dict[str, Field]

    def explain(self, field: Field) -> str:
        """The comment of the column of that name, or of the columns in the formula."""
        columns = [field.name] if field.name in self.comments else field.references
        return "\n".join(self.comments[column] for column in columns)


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart over one dataset.

    :param columns: what it shows: of an indicator one measure, of a table all columns, of a line or a bar the category
        and then the measures.
    :param where: values that fields must have.
    :param last_days: how many days back from today a field reaches, by field.
    """

    name: str
    title: str
    kind: Literal["indicator", "table", "line", "bar"]
    dataset: Dataset
    columns: list[Field]
    where: dict[str, str]
    last_days: dict[str, int]
    sort: list[tuple[Field, str]]
    limit: int | None


@dataclass(frozen=True, kw_only=True)
class Selector:
    """One choice for fields of several datasets: those of the first are asked for what there is to choose from."""

    title: str
    fields: list[tuple[Dataset, Field]]
    last_days: int | None


@dataclass(frozen=True, kw_only=True)
class Row:
    """Charts beside each other, each with its width in columns of the grid."""

    height: int
    charts: list[tuple[Chart, int]]


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """Rows of charts below the selectors."""

    name: str
    title: str
    selectors: list[Selector]
    rows: list[Row]
    autoupdate_seconds: int | None

    def charts(self) -> Iterator[Chart]:
        """Every chart, from left to right and from top to bottom."""
        for row in self.rows:
            yield from (chart for chart, _ in row.charts)


class Description:
    """The whole file."""

    def __init__(self, path: Path = FOLDER / "workbook.yaml") -> None:
        self._raw: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))

    @cached_property
    def connection(self) -> dict[str, Any]:
        """The connection as it is written."""
        return dict(self._raw["connection"])

    @cached_property
    def datasets(self) -> dict[str, Dataset]:
        """Datasets by name."""
        return {name: _dataset(name, **given) for name, given in self._raw["datasets"].items()}

    @cached_property
    def charts(self) -> dict[str, Chart]:
        """Charts by name."""
        return {name: _chart(name, self.datasets, **given) for name, given in self._raw["charts"].items()}

    @cached_property
    def dashboards(self) -> dict[str, Dashboard]:
        """Dashboards by name."""
        return {name: self._dashboard(name, **given) for name, given in self._raw["dashboards"].items()}

    def _dashboard(
        self,
        name: str,
        *,
        title: str,
        rows: list[dict[str, Any]],
        selectors: list[dict[str, Any]] | None = None,
        autoupdate_seconds: int | None = None,
    ) -> Dashboard:
        return Dashboard(
            name=name,
            title=title,
            selectors=[self._selector(**given) for given in selectors or []],
            rows=[
                Row(
                    height=row["height"], charts=[(self.charts[chart], width) for chart, width in row["charts"].items()]
                )
                for row in rows
            ],
            autoupdate_seconds=autoupdate_seconds,
        )

    def _selector(self, *, title: str, fields: list[str], last_days: int | None = None) -> Selector:
        named = [field.split(".") for field in fields]
        found = [(self.datasets[dataset], self.datasets[dataset].fields[field]) for dataset, field in named]
        return Selector(title=title, fields=found, last_days=last_days)


def _dataset(
    name: str,
    *,
    title: str,
    view: str,
    columns: dict[str, list[str]],
    dimensions: dict[str, dict[str, Any]] | None = None,
    measures: dict[str, dict[str, Any]] | None = None,
) -> Dataset:
    found = [_column(name, column, *given) for column, given in columns.items()]
    found += [Field(name=field, kind="dimension", **given) for field, given in (dimensions or {}).items()]
    found += [Field(name=field, kind="measure", **given) for field, given in (measures or {}).items()]
    fields = {field.name: field for field in found}
    if len(fields) < len(found) or len({field.title for field in found}) < len(found):
        raise ValueError(f"dataset {name}: two fields have one name or one title")
    for field in found:
        unknown = [reference for reference in field.references if reference not in columns]
        if unknown:
            raise ValueError(f"dataset {name}, field {field.name}: the view has no column {', '.join(unknown)}")
    (file,) = (file for file in files("*/comments") if file.stem == view.split(".")[1])
    comments = dict(COMMENT.findall(file.read_text(encoding="utf-8")))
    return Dataset(name=name, title=title, view=view, comments=comments, fields=fields)


def _column(dataset: str, name: str, title: str, type_: str, how: str = "") -> Field:
    if how not in ("", "hidden", "month", "id"):
        raise ValueError(f"dataset {dataset}, column {name}: {how} is none of hidden, month, id")
    return Field(
        name=name,
        title=title,
        kind="column",
        type=type_,
        sql=name,
        format="" if how == "hidden" else how,
        is_hidden=how == "hidden",
    )


def _chart(
    name: str,
    datasets: dict[str, Dataset],
    *,
    title: str,
    kind: Literal["indicator", "table", "line", "bar"],
    dataset: str,
    columns: list[str] | None = None,
    value: str | None = None,
    category: str | None = None,
    values: list[str] | None = None,
    where: dict[str, str] | None = None,
    last_days: dict[str, int] | None = None,
    sort: str | None = None,
    limit: int | None = None,
) -> Chart:
    fields = datasets[dataset].fields
    shown = [*(columns or []), *filter(None, [value, category]), *(values or [])]
    orders = [order.split() for order in sort.split(",")] if sort else []
    for filtered in [*(where or {}), *(last_days or {})]:
        if filtered not in fields:
            raise ValueError(f"chart {name}: dataset {dataset} has no field {filtered} to filter by")
    return Chart(
        name=name,
        title=title,
        kind=kind,
        dataset=datasets[dataset],
        columns=[fields[column] for column in shown],
        where=where or {},
        last_days=last_days or {},
        sort=[(fields[field], direction.upper()) for field, direction in orders],
        limit=limit,
    )
