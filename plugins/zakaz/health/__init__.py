"""Checks of a finished day, as SQL files, and their results."""
