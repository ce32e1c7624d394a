"""``python -m datalens``: writes workbook.json and the cards of docs/DATALENS.md; ``preview`` draws the dashboards."""

import json
import os
import sys
import tempfile
from pathlib import Path

from datalens import cards, workbook
from datalens.description import Description


def main(arguments: list[str]) -> int:
    """Write what workbook.yaml describes.

    :returns: the exit code.
    """
    if arguments not in ([], ["preview"]):
        sys.stderr.write(f"python -m datalens: {' '.join(arguments)}: nothing or `preview` is expected\n")
        return 2
    description = Description()
    workbook.FILE.write_text(workbook.rendered(description), encoding="utf-8")
    text = cards.DOCUMENT.read_text(encoding="utf-8")
    cards.DOCUMENT.write_text(cards.document(description, text), encoding="utf-8")
    if arguments:
        with tempfile.TemporaryDirectory(prefix="zakaz-datalens-") as folder:
            _draw(description, Path(folder))
    return 0


def _draw(description: Description, folder: Path) -> None:
    """Draw with an Airflow home and a warehouse of its own: no figure of a real one gets into a picture."""
    connection = {"conn_type": "clickhouse", "extra": {"embedded_path": str(folder / "warehouse")}}
    os.environ.update(AIRFLOW_HOME=str(folder), AIRFLOW_CONN_CLICKHOUSE_DEFAULT=json.dumps(connection))
    from datalens.preview import draw

    draw(description, folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
