"""Widgets for the fields of a spec."""
