"""What each stage does: plain functions over a source, the warehouse and days."""
