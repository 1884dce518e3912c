"""Figures of one network."""
