"""What of a view stays as it is from one look to the next."""

# Of each view that has such rows, those that change by themselves.
ROWS = {"bi.v_etl_metrics": "NOT match(name, '_disk_|_age_|_good_seconds')"}


def rows_of(view: str) -> str:
    """The view, to stand after FROM, without the rows that change by themselves."""
    return f"{view} WHERE {ROWS[view]}" if view in ROWS else view
