"""A deprecation that our code meets is an error: a filter that matches nothing would let every one through."""

import pytest

from airflow import exceptions

OURS = ("zakaz.days", "zakaz_plugin", "unusual_prefix_0123_zakaz_etl")
OF_AIRFLOW = [value for name, value in vars(exceptions).items() if name.endswith("DeprecationWarning")]


def warn(module: str, category: type[Warning]) -> None:
    """Warn as a line of that module would."""
    exec("import warnings; warnings.warn('old', category)", {"__name__": module, "category": category})


@pytest.mark.parametrize("category", [DeprecationWarning, FutureWarning, *OF_AIRFLOW])
@pytest.mark.parametrize("module", OURS)
def test_ours_is_an_error(module: str, category: type[Warning]) -> None:
    with pytest.raises(category, match="old"):
        warn(module, category)


def test_that_of_others_is_their_own_matter() -> None:
    warn("airflow.models", DeprecationWarning)
