"""What goes on inside: the arithmetic of a window on a real picture, and a kernel as it is learned."""
