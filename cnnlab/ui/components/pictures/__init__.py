"""Pictures side by side."""
