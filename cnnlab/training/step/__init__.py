"""The parts of one training step: optimizer, schedule, metrics, timing, random state."""
