"""Ids that are the same each time the workbook is written, so that its history can be read."""

from uuid import NAMESPACE_URL, uuid5

NAMESPACE = uuid5(NAMESPACE_URL, "zakaz-etl/datalens")


def stable_id(*names: str) -> str:
    """The id of what these names say together."""
    return str(uuid5(NAMESPACE, "/".join(names)))


def field_id(dataset: str, field: str) -> str:
    """The id of a field of a dataset; charts, selectors and formulas know it by this."""
    return stable_id("dataset", dataset, field)
