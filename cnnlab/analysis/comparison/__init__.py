"""Networks side by side: a table of measures, a part-by-part diff, ready-made comparisons."""
