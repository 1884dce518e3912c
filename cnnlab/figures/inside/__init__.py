"""Drawings of what goes on inside a network."""
