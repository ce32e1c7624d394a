"""Fewer examples for properties whose every example goes through the warehouse, where it takes seconds."""

import os

from hypothesis import settings

IS_SERVER = "CLICKHOUSE_TEST_URL" in os.environ
IS_THOROUGH = settings.get_current_profile_name() == "thorough"
a_few = settings() if IS_THOROUGH else settings(max_examples=3 if IS_SERVER else 12)
