"""Numbers that are covered until somebody has guessed."""
