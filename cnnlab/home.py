"""The folder with the user's runs and data sets."""

import os
import sys
from pathlib import Path


def default_folder() -> Path:
    """The folder in the environment variable CNNLAB_HOME, or else one in the user's data folder."""
    named = os.environ.get("CNNLAB_HOME")
    if named:
        return Path(named).expanduser().absolute()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", "~/AppData/Local")).expanduser() / "cnnlab"
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/cnnlab").expanduser()
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "cnnlab"


def data_folder() -> Path:
    """The folder with the data sets in their converted form."""
    return default_folder() / "data"
