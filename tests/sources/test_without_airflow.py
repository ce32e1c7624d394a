"""The sources are plain Python: who has only requests and pydantic can use them."""

import subprocess
import sys

from zakaz.settings import PROJECT_DIR

IMPORT_ALL = """
import importlib, pkgutil, sys
sys.modules["airflow"] = None  # any import of it fails
import zakaz.sources
names = [name for _, name, _ in pkgutil.iter_modules(zakaz.sources.__path__, "zakaz.sources.")]
for name in ["zakaz.days", *names]:
    importlib.import_module(name)
print(len(names))
"""


def test_they_import_with_airflow_hidden() -> None:
    command = [sys.executable, "-c", IMPORT_ALL]
    ended = subprocess.run(command, env={"PYTHONPATH": str(PROJECT_DIR / "plugins")}, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) >= 6
