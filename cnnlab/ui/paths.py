"""Where the files are that the pages show, and the pages themselves."""

from importlib.resources import files
from pathlib import Path

_PACKAGE = Path(str(files("cnnlab")))
_INSTALLED = _PACKAGE / "app"

ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent
"""The folder of `app.py`, `pages`, `docs` and `.streamlit`: a checkout, or its copy in an installed package."""

APP = ROOT / "app.py"
MEASURES_DOCUMENT = ROOT / "docs/measures.md"
EXPLORE = ROOT / "pages/explore.py"
COMPARE = ROOT / "pages/compare.py"
CONVOLUTION = ROOT / "pages/convolution.py"
TRAIN = ROOT / "pages/train.py"
RUNS = ROOT / "pages/runs.py"
INSIDE = ROOT / "pages/inside.py"

MAIN = _PACKAGE / "ui/main.py"
STATIC = _PACKAGE / "ui/static"
"""What browsers get under `/files`."""

ICON = STATIC / "icon.svg"
LOGO = STATIC / "logo.svg"


def style_sheets(theme: str, *, for_projector: bool) -> list[Path]:
    """The style sheets of a page, in order."""
    names = ["style", "print"]
    if theme == "dark":
        names.append("print_dark")
    if for_projector:
        names.append("projector")
    return [STATIC / f"{name}.css" for name in names]
