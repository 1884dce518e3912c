"""The Inside page: what goes on inside a network that answers about one image."""
