"""Yesterday's ad spend and ticket sales, complete and right, in ClickHouse every morning."""

__version__ = "2.0.0"
