"""The Runs page, and the views of runs that the Train page shares."""
