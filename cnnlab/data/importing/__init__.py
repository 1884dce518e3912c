"""Importing own images: from a zip of class folders to a data set."""
