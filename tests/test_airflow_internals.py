"""The private names of Airflow that we rest on are where we look for them, and nowhere else."""

import ast
import re
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest

from zakaz import airflow_internals
from zakaz.settings import PROJECT_DIR

# The Task SDK but for what executes tasks, providers, timetables and the interfaces of a plugin are public.
PUBLIC = re.compile(
    r"airflow\.(sdk(?!\.execution_time)|providers|timetables|plugins_manager|configuration|listeners|api_fastapi|utils\.types)"
)
FILE = Path(str(airflow_internals.__file__))


@pytest.mark.parametrize(("name", "module"), airflow_internals.HOMES.items())
def test_a_private_name_is_there(name: str, module: str) -> None:
    assert hasattr(import_module(module), name), (
        f"Airflow {version('apache-airflow-core')} has no {module}.{name}: see where it is now, and mend {FILE}"
    )


def test_no_other_module_uses_private_names() -> None:
    private = [
        f"{file.relative_to(PROJECT_DIR)}: {node.module}"
        for file in (PROJECT_DIR / "plugins").rglob("*.py")
        if file != FILE
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("airflow.")
        if not PUBLIC.match(str(node.module))
    ]
    assert private == []
