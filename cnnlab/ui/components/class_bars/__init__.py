"""Probabilities of classes as bars."""
