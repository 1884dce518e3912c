"""One layer at work: the arithmetic of a kernel on a real image, and how a kernel is learned."""
