"""The dashboard: the only part of the library that knows Streamlit."""
