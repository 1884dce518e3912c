"""Tests of the attribution maps."""
