"""Short hints in a row, each of which goes away for good."""
