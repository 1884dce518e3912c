"""Plotly charts that are updated in place."""
