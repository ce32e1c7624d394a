"""The private names of Airflow that we rest on are where we look for them."""

import ast
from importlib import import_module
from importlib.metadata import version

import pytest

from zakaz.settings import PROJECT_DIR

FILE = PROJECT_DIR / "plugins" / "zakaz" / "orchestration" / "internals.py"
IMPORTED = [
    (node.module, alias.name)
    for node in ast.walk(ast.parse(FILE.read_text(encoding="utf-8")))
    if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("airflow")
    for alias in node.names
]


@pytest.mark.parametrize(("module", "name"), IMPORTED)
def test_a_private_name_is_there(module: str, name: str) -> None:
    assert hasattr(import_module(module), name), (
        f"Airflow {version('apache-airflow')} has no {module}.{name} any more: see where it is now, and mend {FILE}"
    )


def test_no_other_module_uses_private_names() -> None:
    """What is public: the Task SDK, providers, timetables and the interfaces of a plugin."""
    public = (
        "sdk",
        "providers",
        "timetables",
        "plugins_manager",
        "configuration",
        "listeners",
        "api_fastapi",
        "utils.types",
    )
    found = [
        f"{file.relative_to(PROJECT_DIR)}: {node.module}"
        for file in (PROJECT_DIR / "plugins").rglob("*.py")
        if file != FILE
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("airflow.")
        and not str(node.module).removeprefix("airflow.").startswith(public)
    ]  # fmt: skip
    assert found == []
