"""From what a source said to the staging: land it, check it, build."""
