"""Figures and words of several networks side by side."""
