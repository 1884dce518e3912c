"""Zips that are damaged anywhere: each is either read, or refused with a sentence that names the cause."""

import io
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from cnnlab.data import import_images
from cnnlab.spec import Refused

CASES = 80
"""Of each kind of damage."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path))


def picture(kind: str, mode: str, shade: int) -> bytes:
    file = io.BytesIO()
    image = Image.linear_gradient("L").resize((24, 24)).point(lambda value: (value + shade) % 256)
    image.convert(mode).save(file, kind)
    return file.getvalue()


def whole() -> bytes:
    """A zip of pictures in each format, stored and compressed, with names in and outside ASCII."""
    kinds = [
        ("PNG", "RGBA"),
        ("JPEG", "RGB"),
        ("GIF", "P"),
        ("TIFF", "L"),
        ("BMP", "RGB"),
        ("WEBP", "RGB"),
        ("PNG", "1"),
    ]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for label in ("cat", "mèo"):
            for i, (kind, mode) in enumerate(kinds):
                compression = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)[i % 2]
                archive.writestr(f"{label}/{i}.{kind.lower()}", picture(kind, mode, 9 * i), compression)
    return file.getvalue()


def outcome(content: bytes) -> str:
    """The sentence of the refusal, or "" if the zip is read."""
    steps = import_images(io.BytesIO(content), "pets", 16)
    try:
        for _ in steps:
            pass
    except Refused as refused:
        (problem,) = refused.problems
        assert problem.field == "dataset"
        return problem.sentence
    return ""


def flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def in_directory(content: bytes, chance: random.Random) -> bytes:
    """Damage where the zip lists its files: methods, offsets, sizes, flags, names, extra fields."""
    start = content.index(b"PK\x01\x02")
    return content[:start] + flipped(content[start:], chance)


def in_headers(content: bytes, chance: random.Random) -> bytes:
    """Damage in the first 30 bytes of one file, or of its entry in the directory."""
    starts = [i for i in range(len(content)) if content[i : i + 4] in (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06")]
    start = chance.choice(starts)
    return content[:start] + flipped(content[start : start + 46], chance) + content[start + 46 :]


def in_pictures(content: bytes, chance: random.Random) -> bytes:
    """Whole zips of damaged pictures."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        unlucky = chance.choice(old.namelist())
        for name in old.namelist():
            inside = old.read(name)
            if name == unlucky:
                inside = chance.choice((flipped, cut))(inside, chance)
            new.writestr(name, inside)
    return file.getvalue()


def cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def spliced(content: bytes, chance: random.Random) -> bytes:
    """A piece is missing, or there twice."""
    start, end = sorted(chance.choices(range(len(content)), k=2))
    return content[:end] + content[start:] if chance.random() < 0.5 else content[:start] + content[end:]


GENERIC = ("Traceback", "unexpected", "Something went wrong", "()", "(None)")


def damaged(kind: object) -> Iterator[bytes]:
    content, chance = whole(), random.Random(0)
    for _ in range(CASES):
        yield kind(content, chance)  # type: ignore[operator]


@pytest.mark.parametrize("kind", [flipped, in_directory, in_headers, in_pictures, cut, spliced])
def test_a_damaged_zip_is_read_or_refused_with_its_cause(kind: object) -> None:
    sentences = [outcome(content) for content in damaged(kind)]
    refused = [sentence for sentence in sentences if sentence]
    assert len(refused) >= CASES / 10
    for sentence in refused:
        assert sentence.endswith(".")
        assert ":" in sentence or "they are not" in sentence  # the cause, then the remedy
        assert not any(word in sentence for word in GENERIC), sentence


def test_the_whole_zip_is_read() -> None:
    assert outcome(whole()) == ""


METHODS = {8: "", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd", 77: "method 77"}


@pytest.mark.parametrize("method", METHODS)
def test_another_compression_is_named(method: int) -> None:
    content = whole()
    changed = content.replace(b"\x08\x00", bytes((method, 0)))
    sentence = outcome(changed)
    if method == zipfile.ZIP_DEFLATED:
        assert sentence == ""
    else:
        assert f"is compressed with {METHODS[method]}, which is not read: create the zip with the usual" in sentence


def test_names_that_are_not_in_utf_8_are_a_sentence() -> None:
    content = whole().replace("mèo".encode(), b"m\xff\xfeo")
    assert "The zip says that the names of its files are in UTF-8, and they are not" in outcome(content)


def test_a_file_that_is_not_where_the_zip_says_is_named() -> None:
    content = whole()
    changed = content.replace(b"PK\x03\x04", b"PK\x03\x05", 1)
    assert "'cat/0.png' cannot be unpacked (Bad magic number for file header)" in outcome(changed)
    broken = bytearray(content)
    broken[content.index(b"cat/0.png") + 40] ^= 255
    assert "'cat/0.png' cannot be unpacked (Bad CRC-32" in outcome(bytes(broken))
