"""bin/zakaz audit: the sources asked anew against staging, mart and bi."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from cli.conftest import Zakaz
from sandbox import Sandbox
from zakaz.cli.commands.audit import audit as command
from zakaz.days import DayRange, last_complete_day
from zakaz.pipeline.audit import Comparison, audit
from zakaz.registry.attempt import Attempt
from zakaz.pipeline.runner import run_stage
from zakaz.sources.vk_ads import first_reachable_day
from zakaz.stages import STAGES
from zakaz.warehouse.hook import WarehouseHook

LAST = last_complete_day()
DAYS = DayRange(LAST - timedelta(days=2), LAST)
