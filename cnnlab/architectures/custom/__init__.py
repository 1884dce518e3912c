""" "Build your own": a network that is a list of blocks."""
