"""Looking inside: the arithmetic of a kernel, and what a network makes of an image and why."""
