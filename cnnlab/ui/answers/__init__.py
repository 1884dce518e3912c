"""What a run learnt and where it errs: its answers, on the Runs page."""
