"""A sandbox in a process of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INFRA = Path(__file__).parent.parent / "infra"


@contextmanager
def sandbox(**options: int) -> Iterator[str]:
    """Serve as long as the block lasts; gives the address.

    :param options: those of `python -m sandbox`, with underscores.
    """
    given = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--port", "0", "--state-dir", folder, *given],
            env={**os.environ, "PYTHONPATH": str(INFRA)},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
            process.wait()
