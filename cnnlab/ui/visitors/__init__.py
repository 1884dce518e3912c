"""Who visits the pages, what they may do, and how often."""
