"""Figures of the Convolution page."""
