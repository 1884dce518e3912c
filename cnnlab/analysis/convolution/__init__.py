"""One convolution by itself: its cost in each kind, and its factorisations."""
