"""Sentences and numbers in words, for pages, the command line and logs. Nothing here draws or computes."""
