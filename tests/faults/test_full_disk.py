"""The warehouse's disk is full in the morning: people hear of it, no figure changes, and no row is lost."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from faults.conftest import Judge
from faults.installation import Installation
from sandbox import Sandbox
from zakaz.days import last_complete_day as yesterday

FIGURES = "SELECT stat_date, sum(clicks), sum(spend), count() FROM zakaz.dm_vk_ads_daily FINAL GROUP BY 1 ORDER BY 1"
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk"),
]


@pytest.fixture
def small(metadata: None, tmp_path: Path) -> Iterator[Installation]:
    """An installation whose warehouse has a disk of its own."""
    disk = tmp_path / "warehouse"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", disk], check=True)
    try:
        with Sandbox(seed=1, state_dir=tmp_path / "sandbox-state") as sandbox:
            installation = Installation(tmp_path, Path(os.environ["AIRFLOW_HOME"]) / "airflow.db", sandbox)
            yield installation
            installation.console.close()
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def load(installation: Installation, day: date) -> int:
    return installation.call("zakaz", "stage", "zakaz_etl", "--date", str(day))


def fill(disk: Path) -> Path:
    """A file of somebody's that leaves too little room for a part."""
    file = disk / "a film"
    with file.open("wb") as opened:
        os.posix_fallocate(opened.fileno(), 0, shutil.disk_usage(disk).free - 50_000)
    return file


def test_a_disk_that_is_full_in_the_morning(small: Installation, judge: Judge) -> None:
    assert load(small, yesterday()) == 0
    before = small.warehouse.execute(FIGURES)
    film = fill(small.folder)
    assert load(small, yesterday()) == 1
    failed = [f"🔴 {name}: ошибка за " for name in ("Загрузка VK Рекламы", "Загрузка продаж QTickets")]
    assert [head.startswith(start) for head, start in zip(small.heads(), failed, strict=True)] == [True, True]
    cause = small.sandbox.messages()[0]["plain"].splitlines()[3]
    assert cause.endswith("(NOT_ENOUGH_SPACE); make room on its disk, then run this again")
    film.unlink()
    assert small.warehouse.execute(FIGURES) == before
    assert load(small, yesterday()) == 0
    small.watchdog()
    for job in ("vk_fetch", "qtickets_fetch"):
        assert sorted(status for status, *_ in small.runs(job)) == ["error", "ok", "ok"]
    assert len(small.heads("снова в порядке")) == 2
    assert not [file for file in (small.home / "zakaz" / "spool").rglob("*") if file.is_file()]
    judge(small)
