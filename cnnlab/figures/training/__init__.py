"""Figures of training runs and data sets."""
