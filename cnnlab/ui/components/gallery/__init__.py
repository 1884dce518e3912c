"""Images to choose from."""
