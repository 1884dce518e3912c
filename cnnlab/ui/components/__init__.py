"""Components of the pages, each with its JavaScript and CSS beside it."""
