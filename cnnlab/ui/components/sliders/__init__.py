"""Numbers that are dragged or typed: a slider and a number field for each."""
