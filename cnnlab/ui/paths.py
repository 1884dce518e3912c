"""Where the pages and pictures lie."""

from pathlib import Path

import streamlit as st

ROOT = Path(__file__).parents[2]

ICON = ROOT / "assets/icon.svg"
MEASURES_DOCUMENT = ROOT / "docs/measures.md"
STYLE = ROOT / "assets/style.css"
LOGO = ROOT / "assets/logo.svg"
STEP_THROUGH = ROOT / "assets/step_through"
EXPLORE = ROOT / "pages/explore.py"
COMPARE = ROOT / "pages/compare.py"
CONVOLUTION = ROOT / "pages/convolution.py"
TRAIN = ROOT / "pages/train.py"
RUNS = ROOT / "pages/runs.py"


def address(query: str) -> str:
    """The whole address of the page that is open, with this query."""
    return f"{(st.context.url or '').split('?')[0]}?{query}"
