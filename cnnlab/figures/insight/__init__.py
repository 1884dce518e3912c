"""Figures of what goes on inside a network."""
