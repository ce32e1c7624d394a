"""Rebuilding the past: days in, days checked, days recorded."""
