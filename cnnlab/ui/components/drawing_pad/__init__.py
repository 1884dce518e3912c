"""A pad to draw on, and what networks answer while the pen moves."""
