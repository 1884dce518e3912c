"""The arithmetic of a kernel on a real image, and how a kernel is learned."""
