"""Numbers and tables as people read them: words and plotly figures. Pure functions."""
