"""What a screen reader says when something on the page has changed."""
