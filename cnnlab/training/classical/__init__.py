"""Image classification before deep learning: hand-made features and classifiers, on the images of a recipe."""
