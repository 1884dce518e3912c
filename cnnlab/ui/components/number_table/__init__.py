"""A table with large numbers."""
