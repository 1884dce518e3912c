"""A window that moves over a picture."""
