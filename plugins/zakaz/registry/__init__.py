"""`meta.etl_runs`: what ran, for which days, and how it ended."""
