"""One step of training on the Inside page: its seven states, each with its code and its numbers."""
