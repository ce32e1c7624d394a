"""The commands of bin/zakaz."""
