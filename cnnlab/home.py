"""The folder with the user's runs and data sets."""

import os
import stat
import sys
from contextlib import suppress
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


_OTHERS = 0o077
"""What the modes of files give to the other accounts of the machine."""


def protect(folder: Path) -> None:
    """Take the user's folder, and what CNN Lab keeps in it, away from the machine's other accounts.

    There are runs of a whole class in it, a token, and the names by which visitors are recognised.
    """
    if sys.platform == "win32":
        return  # the user's data folder is the user's alone
    mode = folder.stat().st_mode
    if not mode & stat.S_ISVTX:  # a folder for all, such as /tmp
        was_open = _take_away(folder, mode)
        kept = (path for name in ("runs", "data") for path in (folder / name, *(folder / name).rglob("*")))
        for path in kept if was_open else ():
            _protect_one(path)
    for pattern in ("settings.toml", "runs.sqlite*", "*.lock", "*.log", "*.key"):
        for path in folder.glob(pattern):
            _protect_one(path)


def _protect_one(path: Path) -> None:
    with suppress(FileNotFoundError):
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode):
            _take_away(path, mode)


def _take_away(path: Path, mode: int) -> bool:
    """Whether others had any rights."""
    if not mode & _OTHERS:
        return False
    with suppress(PermissionError):  # it is another account's
        path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
    return True
