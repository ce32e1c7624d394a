"""bin/zakaz: one module per command."""
