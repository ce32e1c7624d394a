"""Changes of a module that mutmut makes and tries."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tables import Broken, Verdict, copy_of_project, listed, replace_once

# It changes no text of the log, which is no promise.
NOT_CHANGED = [r"^\s*log\.\w+\("]
# Where the suite runs, this is the encoding of the locale as well.
SAME = re.compile('encoding=(None|"UTF-8")')
KILLED = ("killed", "timeout", "segfault")
# The one change of the module `unseen` must survive: if it does not, tests fail in mutmut's processes by themselves.
ANCHOR = "from sandbox import"
UNSEEN = """from zakaz.unseen import unseen

@pytest.fixture(autouse=True)
def calls_unseen() -> None:
    unseen()

"""


def try_module(module: dict[str, Any]) -> Iterator[Verdict]:
    """Change a module in every way that mutmut knows, and run its tests after each; equivalents are left out."""
    file = module["file"]
    moved = file.replace("plugins/", "src/", 1)
    with copy_of_project() as copy:
        source = (copy / file).read_text("utf-8")
        _set_up(copy, moved, module["tests"])
        _mutmut(copy, "run", "--max-children", "1")
        ends = dict(re.findall(r"^ +(\S+): (.+)$", _mutmut(copy, "results", "--all", "true"), re.MULTILINE))
        unseen = ends.pop("zakaz.unseen.x_unseen__mutmut_1", "not made")
        if unseen != "survived" or not ends or "not checked" in ends.values():
            raise Broken(f"{file}: what nothing can notice was {unseen}, and of {len(ends)} changes not all were tried")
        survived = {
            name: _shown(_mutmut(copy, "show", name), source) for name, end in ends.items() if end not in KILLED
        }
    same = {entry["to"] for entry in listed("equivalent") if entry["file"] == file}
    if unknown := same - {after for _, _, after in survived.values()}:
        raise Broken(f"{file}: listed as equivalent, but no such change survived: {unknown}")
    for name, end in ends.items():
        line, before, after = survived.get(name, (0, "", ""))
        if after not in same and not (name in survived and SAME.search(after)):
            yield Verdict(file, f"{file}:{line}: {end}\n- {before}\n+ {after}", name not in survived)


def _set_up(copy: Path, file: str, tests: list[str]) -> None:
    """Lay the copy out as mutmut wants it: it knows a package by its own name only in `src`."""
    (copy / "plugins").rename(copy / "src")
    (copy / "mutants").mkdir()
    (copy / "mutants" / "plugins").symlink_to("src")
    (copy / "src" / "zakaz" / "unseen.py").write_text("def unseen() -> int:\n    return 1\n", "utf-8")
    replace_once(copy / "tests" / "conftest.py", ANCHOR, UNSEEN + ANCHOR)
    settings = {
        "source_paths": ["src"],
        "only_mutate": [file, "src/zakaz/unseen.py"],
        "do_not_mutate_patterns": NOT_CHANGED,
        "also_copy": [path.name for path in copy.iterdir() if path.name not in ("src", "mutants")],
        # chDB survives no fork: the process that forks has imported the tests, and never run them.
        "process_isolation": "forkserver",
        # The second and third collect garbage after each change, which takes longer than most tests.
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception"],
        "pytest_add_cli_args_test_selection": tests,
    }
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items()]
    with (copy / "pyproject.toml").open("a", encoding="utf-8") as project:
        project.write("\n[tool.mutmut]\n" + "".join(lines))


def _mutmut(copy: Path, *arguments: str) -> str:
    command = [Path(sys.executable).with_name("mutmut"), *arguments]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise Broken(f"mutmut {' '.join(arguments)}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def _shown(diff: str, source: str) -> tuple[int, str, str]:
    """The line of a change, before and after, from a diff whose lines count from the head of the function."""
    hunk = diff.partition("\n@@")[2].splitlines()[1:]
    old = [line[1:].strip() for line in hunk if line[0] != "+"]
    lines = [line.strip() for line in source.splitlines()]
    start = next((number for number in range(len(lines)) if lines[number : number + len(old)] == old), 0)
    first = next(number for number, line in enumerate(hunk) if line[0] != " ")
    before, after = (" ".join(line[1:].strip() for line in hunk if line[0] == sign) for sign in "-+")
    return start + first + 1, before, after
