"""What networks answer, counted: which classes are confused, and which of two networks is right."""
