"""What is drawn of a page while the thumb of a slider moves."""
