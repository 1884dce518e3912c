"""What the names in a zip say, whichever program wrote them: in which encoding, with which separator, in which form.

A zip says that a name is in UTF-8 by a flag, or in a field of Info-ZIP's (0x7075). Other names are in the encoding of
the system that wrote them, which the zip does not state: it is guessed from all of them together.
"""

import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from functools import lru_cache

from cnnlab.data.catalogue import refused
from cnnlab.words.sentence import Sentence

Path = tuple[str, ...]
"""The folders and the name of a file, tidied; a folder ends with ""."""

MAX_SHOWN_NAME = 60
"""Characters of a file's name in an error."""

MOST_JUDGED = 1000
"""So many names are enough to tell their encoding."""

_IS_UTF8 = 0x800
_UNICODE_PATH = 0x7075
_BARE = "cp437"
"""What `zipfile` reads other names as: it gives each byte a character, so that the bytes can be had back."""

CACHED = 4096
"""Names that are remembered in their tidy form: those of folders come back with each of their files."""

_DRIVE = re.compile(r"[A-Za-z]:/")
_DIRECTIONS = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Characters that are not seen, and turn the order of others around."""


def paths_of(infos: list[zipfile.ZipInfo]) -> list[Path]:
    """The path of each file, and of each folder. Raises `Refused` if one leads out of the zip, or is empty."""
    return [_path(name) for name in names_of(infos)]


def names_of(infos: list[zipfile.ZipInfo]) -> list[str]:
    """The name of each file as it was written, in the encoding that fits all of them."""
    bare = [_bytes(info) for info in infos]
    unstated = [content for content in bare if content is not None and not content.isascii()]
    encoding = guessed_encoding(unstated)
    return [
        _stated(info, content) or (info.orig_filename if content is None else content.decode(encoding, "replace"))
        for info, content in zip(infos, bare, strict=True)
    ]


def guessed_encoding(names: Sequence[bytes]) -> str:
    """The encoding of names that state none.

    >>> guessed_encoding(["猫/1.png".encode("gbk"), "狗/1.png".encode("gbk")])
    'gbk'
    """
    if _text(b"\n".join(names), "utf-8") is not None:
        return "utf-8"
    together = b"\n".join(names[:MOST_JUDGED])
    judged = {name: _plausibility(text) for name in _JUDGES if (text := _judged(together, name)) is not None}
    return max(judged, key=lambda name: judged[name])


@lru_cache(maxsize=CACHED)
def tidy(name: str) -> str:
    """A name in the form that is compared and shown: NFC, on one line, without what is not seen."""
    seen = _DIRECTIONS.sub("", unicodedata.normalize("NFC", name))
    return " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in seen).split())


@lru_cache(maxsize=CACHED)
def key(name: str) -> str:
    """What two spellings of one name have in common: capitals and accents may be written in several ways."""
    return unicodedata.normalize("NFC", tidy(name).casefold())


def shortened(name: str) -> str:
    """A name for a sentence: quoted, and not too long."""
    return repr(name if len(name) <= MAX_SHOWN_NAME else f"…{name[1 - MAX_SHOWN_NAME :]}")


def shown(path: Path) -> str:
    """A path for a sentence."""
    return shortened("/".join(path))


def _bytes(info: zipfile.ZipInfo) -> bytes | None:
    """The bytes of a name whose encoding is not stated."""
    return None if info.flag_bits & _IS_UTF8 else info.orig_filename.encode(_BARE)


def _stated(info: zipfile.ZipInfo, content: bytes | None) -> str | None:
    """The name in Info-ZIP's field, if it is of this name."""
    extra = info.extra
    while content is not None and len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        field, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNICODE_PATH and len(field) > 5 and field[1:5] == struct.pack("<I", zlib.crc32(content)):
            return _text(field[5:], "utf-8")
    return None


def _text(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _path(name: str) -> Path:
    """The folders and the name of one file; `\\` separates them as well, as Windows PowerShell writes it."""
    text = name.replace("\\", "/")
    *folders, last = text.split("/")
    parts: list[str] = []
    leads_out = text.startswith("/") or _DRIVE.match(text) is not None
    for folder in (*folders, *([last] if last in (".", "..") else [])):
        if folder == "..":
            leads_out |= not parts
            parts = parts[:-1]
        elif folder not in ("", "."):
            parts.append(tidy(folder))
    if leads_out:
        raise refused(
            Sentence(
                "The path {name} leads out of the zip: create the zip again from the class folders.",
                name=shortened(tidy(name)),
            )
        )
    path = (*parts, "" if last in (".", "..") else tidy(last))
    if "" in path[:-1] or path == ("",) or (last and not path[-1] and last not in (".", "..")):
        raise refused(
            Sentence("The name of a file in the zip, {name}, is empty: create the zip again.", name=shown(path))
        )
    return path


# How much each character speaks for an encoding, from 0 to 1. Each judges its own text, None where it has none.


def _judged(content: bytes, encoding: str) -> list[float] | None:
    text = _text(content, encoding)
    if text is None:
        return None
    near = zip(f" {text}", text, f"{text[1:]} ", strict=False)
    judge = _JUDGES[encoding]
    return [judge(c, f"{left}{right}") for left, c, right in near if not c.isascii()]


def _plausibility(shares: list[float]) -> float:
    return sum(shares) / max(len(shares), 1)


def _is_beside_latin(beside: str) -> bool:
    return any(c.isascii() and c.isalpha() for c in beside)


def _japanese(character: str, beside: str) -> float:
    if "ぁ" <= character <= "ヿ" or character == "々":
        return 1.0
    lead = character.encode("cp932")[0]
    common = 0x88 <= lead <= 0x97 and not _is_beside_latin(beside)  # the first level of JIS X 0208
    return 0.8 if common else 0.1


def _chinese(character: str, beside: str) -> float:
    content = character.encode("gbk")
    common = 0xB0 <= content[0] <= 0xD7 and content[1] >= 0xA1 and not _is_beside_latin(beside)  # that of GB 2312
    return 0.9 if common else 0.1


def _is_latin(character: str) -> bool:
    return unicodedata.name(character, "").startswith("LATIN")


_JUDGES = {
    "cp437": lambda character, _: 0.6 * _is_latin(character),
    "cp1252": lambda character, _: 0.5 * _is_latin(character),
    "cp932": _japanese,
    "gbk": _chinese,
}
"""The encodings of names without a statement: DOS, Windows in the West, in Japan, and in China."""
