"""A process that stays open in an installation, for what the UI and the command line do: starting one takes seconds."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

LOOP = """
import json, os, sys, traceback
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
import our_dags
dag = our_dags.read().get_dag("zakaz_etl")
for line in sys.stdin:
    names = {"dag": dag, "answer": None}
    try:
        exec(json.loads(line), names)
        answer = {"answer": names["answer"]}
    except BaseException:
        answer = {"error": traceback.format_exc()}
    print(json.dumps(answer), file=answers, flush=True)
"""


class Console:
    """Runs lines of Python, which find `dag` and may set `answer`.

    :param log: takes its output.
    """

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-c", LOOP],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )

    def run(self, code: str) -> object:
        """Run the lines; what they answer."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(code) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["answer"]

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
