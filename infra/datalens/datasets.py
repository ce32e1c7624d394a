"""Datasets as a workbook has them."""

from typing import Any

from datalens.description import REFERENCE, Dataset, Field
from datalens.native_types import native_type, user_type
from datalens.stable import field_id, stable_id


def data_type(field: Field) -> str:
    """The type that DataLens's users see."""
    return user_type(field.type) if field.kind == "column" else field.type


def field_type(field: Field) -> str:
    """DIMENSION or MEASURE."""
    return "MEASURE" if field.kind == "measure" else "DIMENSION"


def calc_mode(field: Field) -> str:
    """Whether the field is read or calculated."""
    return "direct" if field.kind == "column" else "formula"


def formula_with_titles(dataset: Dataset, field: Field) -> str:
    """The formula as people read and write it."""
    return REFERENCE.sub(lambda found: f"[{dataset.fields[found[1]].title}]", field.formula)


def dataset_entry(dataset: Dataset, connection_id: str) -> dict[str, Any]:
    """One dataset over one view."""
    source_id, avatar_id = (stable_id(part, dataset.name) for part in ("source", "avatar"))
    database, table = dataset.view.split(".")
    columns = [field for field in dataset.fields.values() if field.kind == "column"]
    source = {
        "id": source_id,
        "title": table,
        "connection_id": connection_id,
        "source_type": "CH_TABLE",
        "parameters": {"db_name": database, "table_name": table, "db_version": None},
        "raw_schema": [_column(dataset, field) for field in columns],
        "managed_by": "user",
        "valid": True,
    }
    avatar = {"id": avatar_id, "source_id": source_id, "title": table, "is_root": True, "managed_by": "user"}
    dependent = [
        {
            "dep_field_id": field_id(dataset.name, field.name),
            "ref_field_ids": [field_id(dataset.name, name) for name in field.references],
        }
        for field in dataset.fields.values()
        if field.formula
    ]
    content = {
        "name": dataset.title,
        "sources": [source],
        "source_avatars": [avatar],
        "avatar_relations": [],
        "result_schema": [_field(dataset, field, avatar_id) for field in dataset.fields.values()],
        "result_schema_aux": {"inter_dependencies": {"deps": dependent}},
        "rls2": {},
        "obligatory_filters": [],
        "component_errors": {"items": []},
        "preview_enabled": True,
        "load_preview_by_default": True,
        "revision_id": None,
    }
    return {"dataset": content}


def _column(dataset: Dataset, field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "title": field.name,
        "native_type": native_type(field.type),
        "user_type": user_type(field.type),
        # DataLens says so of every column of ClickHouse.
        "nullable": True,
        "description": dataset.explain(field),
        "has_auto_aggregation": False,
        "lock_aggregation": False,
    }


def _field(dataset: Dataset, field: Field, avatar_id: str) -> dict[str, Any]:
    is_column, type_ = field.kind == "column", data_type(field)
    # DataLens writes a formula twice: with titles for people, with ids for itself.
    by_id = REFERENCE.sub(lambda found: f"[{field_id(dataset.name, found[1])}]", field.formula)
    return {
        "guid": field_id(dataset.name, field.name),
        "title": field.title,
        "description": dataset.explain(field),
        "hidden": field.is_hidden,
        "valid": True,
        "managed_by": "user",
        "type": field_type(field),
        "calc_mode": calc_mode(field),
        "source": field.name if is_column else "",
        "avatar_id": avatar_id if is_column else None,
        "formula": formula_with_titles(dataset, field),
        "guid_formula": by_id,
        "cast": type_,
        "data_type": type_,
        "initial_data_type": type_,
        "aggregation": "none",
        "has_auto_aggregation": field.kind == "measure",
        "lock_aggregation": False,
        "default_value": None,
        "value_constraint": None,
    }
