"""Names in zips are read as they were written, whatever program wrote them."""

import struct
import unicodedata
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.data.catalogue import slug
from cnnlab.data.importing.zip_names import key, names_of, paths_of, shortened, tidy
from cnnlab.spec import Refused


def info(name: bytes, *, is_utf8: bool = False, extra: bytes = b"") -> zipfile.ZipInfo:
    """A file of a zip as `zipfile` has it."""
    found = zipfile.ZipInfo(name.decode("utf-8" if is_utf8 else "cp437"))
    found.flag_bits, found.extra = 0x800 * is_utf8, extra
    return found


WRITTEN = [
    ("utf-8", ["Chó/1.png", "mèo/2.png"]),
    ("utf-8", ["猫/1.png", "🐕/2.png"]),
    ("gbk", ["猫/1.png", "狗/2.png"]),
    ("gbk", ["训练/玫瑰/图片 1.jpg", "训练/郁金香/2.jpg", "测试/玫瑰/3.jpg"]),
    ("cp932", ["猫/1.png", "犬/2.png"]),
    ("cp932", ["ねこ/写真1.png", "イヌ/写真2.png"]),
    ("cp932", ["表/ソ.png", "機能/2.png"]),  # with 0x5C, a backslash, as second bytes
    ("cp437", ["Löwe/1.png", "Bär/2.png", "Kühe/3.png", "Vögel/4.png", "Füße/5.png"]),
    ("cp437", ["évier/1.png", "forêt/2.png"]),
    ("cp1252", ["Löwe/1.png", "Bär/2.png", "Kühe/3.png", "Füße/5.png"]),
    ("cp1252", ["évier/1.png", "forêt/2.png", "Chêne/3.png"]),
    ("ascii", ["cat/1.png", "dog/2.png"]),
]


@pytest.mark.parametrize(("encoding", "names"), WRITTEN)
def test_an_encoding_that_is_not_stated_is_found(encoding: str, names: list[str]) -> None:
    assert names_of([info(name.encode(encoding)) for name in names]) == names
    assert names_of([info(name.encode(), is_utf8=True) for name in names]) == names


def test_the_field_of_info_zip_is_believed_if_it_is_of_this_name() -> None:
    bare, name = b"????/1.png", "भालू/1.png"
    field = b"\x01" + struct.pack("<I", zlib.crc32(bare)) + name.encode()
    extra = struct.pack("<HH", 1, 2) + b"xx" + struct.pack("<HH", 0x7075, len(field)) + field
    assert names_of([info(bare, extra=extra)]) == [name]
    assert names_of([info(b"cat/1.png", extra=extra)]) == ["cat/1.png"]
    for cut in range(len(extra)):
        assert names_of([info(b"cat/1.png", extra=extra[:cut])]) == ["cat/1.png"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("cat\\1.png", ("cat", "1.png")),
        ("pets\\cat\\1.png", ("pets", "cat", "1.png")),
        ("cat\\", ("cat", "")),
        ("./cat//1.png", ("cat", "1.png")),
        ("a/../cat/1.png", ("cat", "1.png")),
        ("a/..", ("",)),
        ("cat/12:30.png", ("cat", "12:30.png")),
        ("c: cats/1.png", ("c: cats", "1.png")),
        ('what?/a*"<>|.png', ("what?", 'a*"<>|.png')),
        (" cat \t/1.png", ("cat", "1.png")),
        ("cat/..1..png", ("cat", "..1..png")),
        ("ca\u202eft\u202c/1\n.png", ("caft", "1 .png")),
    ],
)
def test_paths_are_read_as_they_are_meant(name: str, path: tuple[str, ...]) -> None:
    if path == ("",):
        with pytest.raises(Refused, match="is empty"):
            paths_of([info(name.encode(), is_utf8=True)])
    else:
        assert paths_of([info(name.encode(), is_utf8=True)]) == [path]


@pytest.mark.parametrize("name", ["/etc/x.png", "../x.png", "a/../../x.png", "C:\\x.png", "c:/x.png", "\\\\server\\x"])
def test_only_what_leads_out_is_said_to(name: str) -> None:
    with pytest.raises(Refused, match=r"The path .* leads out of the zip: create the zip again from the class folders"):
        paths_of([info(name.encode(), is_utf8=True)])


@pytest.mark.parametrize("name", ["", "\n", "cat/\u202e", " /1.png"])
def test_a_name_of_nothing_is_a_sentence(name: str) -> None:
    with pytest.raises(Refused, match=r"The name of a file in the zip, .*, is empty: create the zip again"):
        paths_of([info(name.encode(), is_utf8=True)])


def test_names_are_compared_in_one_form() -> None:
    assert tidy(unicodedata.normalize("NFD", "Chó và  mèo")) == "Chó và mèo"
    assert key("CAFE\u0301") == key("caf\u00e9")
    assert key("cat") != key("cats")
    assert tidy("👩\u200d🌾") == "👩\u200d🌾"


def test_a_long_name_is_shortened_from_its_end() -> None:
    assert shortened("cat.png") == "'cat.png'"
    assert shortened("x" * 100 + "/1.png").endswith("x/1.png'")
    assert len(shortened("x" * 100)) == 62


@given(st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=20)), max_size=5))
def test_any_bytes_are_names_or_a_reason(files: list[tuple[bytes, bytes]]) -> None:
    found, reason = [], ""
    try:
        found = paths_of([info(name, extra=extra) for name, extra in files])
    except Refused as refused:
        reason = str(refused)
    assert len(found) == len(files) or "leads out of the zip" in reason or "is empty" in reason
    for path in found:
        assert ".." not in path
        assert "" not in path[:-1]
        assert "/" not in "".join(path)


@given(st.text(max_size=30))
def test_a_tidy_name_stays_as_it_is(name: str) -> None:
    assert tidy(tidy(name)) == tidy(name)
    assert key(key(name)) == key(name)
    assert slug(slug(name)) == slug(name)
    assert tidy(name).isprintable() or not tidy(name).isascii()
