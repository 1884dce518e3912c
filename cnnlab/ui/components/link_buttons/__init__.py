"""Buttons that share the address of the page."""
