"""Another process that has the embedded warehouse."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOLD = "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, 2); print('held', flush=True); sys.stdin.read()"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """It has the folder, as soon as that is free and until the end of the block."""
    command = [sys.executable, "-c", HOLD, f"{folder}.lock"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        yield
