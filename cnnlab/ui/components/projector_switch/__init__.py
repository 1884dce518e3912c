"""The switch of the projector mode."""
