"""Data sets on a page: card, samples, download, upload."""
