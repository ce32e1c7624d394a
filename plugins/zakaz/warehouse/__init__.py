"""ClickHouse: the hook, its two engines (embedded and server), the statements, and the schema."""
