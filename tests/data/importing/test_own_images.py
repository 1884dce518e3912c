"""A zip of class folders becomes a data set; whatever else it is, is refused with a sentence."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from PIL import Image

from cnnlab.cli.data import get_data
from cnnlab.data import card, dataset_names, import_images, is_available, load, split_dataset, title_of
from cnnlab.data.cards import DatasetCard
from cnnlab.data.catalogue import is_dataset_name, owner_of
from cnnlab.data.importing import own_images, quota, zip_images
from cnnlab.data.importing.own_images import delete
from cnnlab.data.importing.pictures import FORMATS
from cnnlab.spec import Refused
from cnnlab.training import Recipe


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def picture(colour: int | tuple[int, ...] = 0, size: tuple[int, int] = (20, 20), kind: str = "PNG") -> bytes:
    mode = "L" if isinstance(colour, int) else "RGB"
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, kind)
    return file.getvalue()


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file


def taken(source: Path | io.BytesIO, title: str = "pets", side: int = 32, owner: str = "") -> DatasetCard:
    steps = import_images(source, title, side, owner=owner)
    while True:
        try:
            assert 0 <= next(steps).done <= 1
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def refusal(files: dict[str, bytes], home: Path) -> str:
    with pytest.raises(Refused) as caught:
        taken(zipped(files))
    (problem,) = caught.value.problems
    assert problem.field == "dataset"
    assert not list(home.rglob("*.safetensors"))
    return problem.sentence


RED, BLUE = (250, 0, 0), (0, 0, 250)
PETS = {f"{label}/{i}.png": picture(colour) for label, colour in (("cat", RED), ("dog", BLUE)) for i in range(6)}


def test_class_folders_become_classes(home: Path) -> None:
    found = taken(zipped(PETS))
    assert (found.classes, found.in_channels, found.side) == (("cat", "dog"), 3, 32)
    assert (found.num_train, found.num_test, found.origin) == (10, 2, "own")
    assert found.name.startswith("own:pets-")
    assert found.name in dataset_names()
    assert card(found.name) == found
    assert title_of(found.name) == "pets"
    dataset = load(found.name)
    assert dataset.train_labels.tolist() == [0] * 5 + [1] * 5
    assert dataset.train_images[0, :, 0, 0].tolist() == [250, 0, 0]
    assert dataset.test_images[1, :, 5, 5].tolist() == [0, 0, 250]
    kept = {path.name for path in home.rglob("*") if path.is_file()}
    assert kept == {f"{found.name[4:]}.safetensors", "import.lock"}


@pytest.mark.parametrize("test", ["test", "Testing", "my_test"])
def test_images_for_testing_are_kept(test: str) -> None:
    files = {f"my pets/train/{name}": content for name, content in PETS.items()}
    files |= {f"my pets/{test}/{label}/new.png": picture(RED) for label in ("cat", "dog")}
    found = taken(zipped(files))
    assert (found.num_train, found.num_validation, found.num_test) == (12, 0, 2)


@pytest.mark.parametrize(
    "pattern", ["{part}/{label}/{i}.png", "{label}/{part}/{i}.png", "a/{part}/{part}/{label}/{i}.png"]
)
@pytest.mark.parametrize(("train", "valid", "test"), [("train", "val", "test"), ("Training", "p_VALID", "Test set")])
def test_images_for_validation_stay_apart(pattern: str, train: str, valid: str, test: str) -> None:
    counts = {train: (4, 10), valid: (3, 20), test: (2, 30)}
    files = {
        pattern.format(part=part, label=label, i=i): picture(grey)
        for part, (count, grey) in counts.items()
        for label in ("cat", "dog")
        for i in range(count)
    }
    found = taken(zipped(files))
    assert (found.num_train, found.num_validation, found.num_test, found.num_images) == (8, 6, 4, 18)
    dataset = load(found.name)
    for images, labels, grey in (
        (dataset.train_images, dataset.train_labels, 10),
        (dataset.validation_images, dataset.validation_labels, 20),
        (dataset.test_images, dataset.test_labels, 30),
    ):
        assert images.unique().tolist() == [grey]
        assert labels.bincount().tolist() == [len(labels) // 2] * 2
    usual = split_dataset(dataset, Recipe(dataset=found.name))
    assert usual.validation_images.unique().tolist() == [20]
    anew = split_dataset(dataset, Recipe(dataset=found.name, validation_share=0.25))
    assert sorted(torch.cat([anew.train_images, anew.validation_images]).unique().tolist()) == [10, 20]
    assert (len(anew.validation_labels), anew.test_images.unique().tolist()) == (4, [30])
    tested = split_dataset(dataset, Recipe(dataset=found.name, test_share=0.5))
    assert tested.validation_images.unique().tolist() == [20]
    assert 20 not in torch.cat([tested.train_images, tested.test_images]).unique().tolist()


def test_without_images_for_testing_some_of_those_for_training_are() -> None:
    files = {f"train/{name}": content for name, content in PETS.items()}
    files |= {f"val/{label}/new.png": picture(RED) for label in ("cat", "dog")}
    found = taken(zipped(files))
    assert (found.num_train, found.num_validation, found.num_test) == (10, 2, 2)


def test_grey_images_stay_grey_and_are_cropped_in_their_middle() -> None:
    wide = Image.new("L", (60, 20))
    wide.paste(255, (20, 0, 40, 20))
    file = io.BytesIO()
    wide.save(file, "PNG")
    found = taken(zipped({f"{label}/{i}.png": file.getvalue() for label in "ab" for i in range(2)}), side=16)
    dataset = load(found.name)
    assert dataset.train_images.shape == (2, 1, 16, 16)
    assert dataset.train_images[..., 1:-1].unique().tolist() == [255]


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_is_read(kind: str) -> None:
    files = {f"{label}/{i}.x": picture(RED, kind=kind) for label in "ab" for i in range(2)}
    dataset = load(taken(zipped(files), side=16).name)
    assert (dataset.train_images[0].float().mean((1, 2)) - torch.tensor([250.0, 0, 0])).abs().max() < 12


def test_the_same_zip_is_the_same_set_and_another_side_another(tmp_path: Path) -> None:
    path = tmp_path / "pets.zip"
    path.write_bytes(zipped(PETS).getvalue())
    first = taken(path)
    assert taken(path) == first
    assert taken(zipped(PETS), "pets") == first
    assert taken(path, side=16).name != first.name
    assert taken(path, title="Ünïcode / ../x").name.startswith("own:Ünïcode-x-")


def test_what_systems_leave_in_a_zip_is_ignored() -> None:
    files = {**PETS, "__MACOSX/cat/._0.png": b"x", "cat/.DS_Store": b"x", "dog/Thumbs.db": b"x"}
    assert taken(zipped(files)).num_train == 10


def test_texts_beside_images_are_left_out_and_counted() -> None:
    texts = {"readme.md": b"x", "cat/notes.TXT": b"meow", "labels.csv": b"x", "annotations/1.xml": b"x"}
    found = taken(zipped({**PETS, **texts}))
    assert (found.num_train, found.classes, found.num_left_out) == (10, ("cat", "dog"), 4)


def test_names_in_any_script_are_kept(tmp_path: Path) -> None:
    names = {"cat": "Chó và mèo", "dog": "猫"}
    files = {f"{names[name[:3]]}{name[3:]}": content for name, content in PETS.items()}
    path = tmp_path / "Chó và mèo.ZIP"
    path.write_bytes(zipped(files).getvalue())
    found = get_data(str(path))
    assert (found.classes, found.title) == (("Chó và mèo", "猫"), "Chó và mèo")
    assert title_of(found.name) == "Chó và mèo"
    assert found.name.startswith("own:Chó-và-mèo-")
    assert found.name in dataset_names()
    assert Recipe(dataset=found.name).dataset == found.name
    delete(found.name)
    assert title_of(found.name) == "Chó và mèo"


@pytest.mark.parametrize("title", ["สุนัข", "भालू", "🐕", "...", "a--b", "../../x", "x" * 300, "ﬁ İ ß", "-", "\u202eabc"])
def test_any_title_makes_a_name(title: str, home: Path) -> None:
    found = taken(zipped(PETS), title)
    assert is_dataset_name(found.name)
    assert [path.parent for path in home.rglob("*.safetensors")] == [home / "data/own"]
    assert Recipe(dataset=found.name).dataset == found.name
    assert found.title.strip()


@pytest.mark.parametrize("name", ["own:../x-01234567", "own:a/b-01234567", "own:a\0-01234567", "own:e\u0301-01234567"])
def test_no_other_name_is_one(name: str) -> None:
    assert not is_dataset_name(name)


@pytest.mark.parametrize("encoding", ["gbk", "cp932", "utf-8"])
def test_names_in_the_encoding_of_a_system_are_read(encoding: str) -> None:
    names = {"cat": "猫", "dog": "犬"} if encoding == "cp932" else {"cat": "猫", "dog": "狗"}
    ascii_ = {short: (short * 9)[: len(name.encode(encoding))] for short, name in names.items()}
    content = zipped({f"{ascii_[name[:3]]}{name[3:]}": picture_ for name, picture_ in PETS.items()}).getvalue()
    for short, name in names.items():
        content = content.replace(ascii_[short].encode() + b"/", name.encode(encoding) + b"/")
    assert taken(io.BytesIO(content)).classes == tuple(sorted(names.values()))


def test_windows_separators_make_folders() -> None:
    found = taken(zipped({f"pets\\{name}".replace("/", "\\"): content for name, content in PETS.items()}))
    assert (found.classes, found.num_train) == (("cat", "dog"), 10)


def test_a_zip_that_has_everything_twice_has_it_once() -> None:
    files = {f"pets/{name}": content for name, content in PETS.items()}
    found = taken(zipped({**files, **{f"pets/{name}": content for name, content in files.items()}}))
    assert (found.classes, found.num_images) == (("cat", "dog"), 12)


def test_black_strokes_on_nothing_are_two_classes() -> None:
    def strokes(box: tuple[int, int, int, int]) -> bytes:
        image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
        image.paste((0, 0, 0, 255), box)
        file = io.BytesIO()
        image.save(file, "PNG")
        return file.getvalue()

    boxes = {"flat": (0, 8, 20, 12), "tall": (8, 0, 12, 20)}
    found = taken(zipped({f"{label}/{i}.png": strokes(box) for label, box in boxes.items() for i in range(3)}), side=16)
    assert (found.num_transparent, found.in_channels) == (6, 1)
    flat, _, tall, _ = load(found.name).train_images[:, 0]
    assert torch.equal(flat, tall.T)
    assert (flat[8, 0], flat[0, 8]) == (0, 255)


REFUSALS: list[tuple[Callable[[], dict[str, bytes]], str]] = [
    (dict, "The zip contains no images"),
    (lambda: {"cat/0.png": picture(), "cat/1.png": picture()}, "There is only one class, 'cat'"),
    (lambda: {**PETS, "bird/": b""}, "The folder 'bird' contains no images"),
    (lambda: {"cat/a.txt": b"x", "dog/b.csv": b"x"}, "The zip contains no images"),
    (lambda: {**PETS, "loose.png": picture()}, "'loose.png' is not in a class folder"),
    (lambda: {**PETS, "cat/notes.png": b"meow"}, "'cat/notes.png' is not an image"),
    (
        lambda: {**PETS, "cat/photo.heic": b"meow"},
        "'cat/photo.heic' is not an image: leave it out, or save it as one of",
    ),
    (lambda: {**PETS, "Cat/7.png": picture()}, "The folders 'Cat' and 'cat' differ only in capitals"),
    (lambda: {n.replace("cat", "c" * 61): c for n, c in PETS.items()}, "The name of a class may have 60 characters"),
    (lambda: {**PETS, "cat/x.svg": b"<svg/>"}, "'cat/x.svg' is not an image"),
    (lambda: {**PETS, "cat/cut.png": picture(size=(90, 90))[:-40]}, "'cat/cut.png' is damaged"),
    (lambda: {**PETS, "../../etc/evil.png": picture()}, "The path '../../etc/evil.png' leads out of the zip"),
    (lambda: {**PETS, "/etc/evil.png": picture()}, "The path '/etc/evil.png' leads out of the zip"),
    (lambda: {**PETS, "C:\\evil.png": picture()}, "leads out of the zip"),
    (lambda: {**PETS, "bird/0.png": picture()}, "A class must have at least 2 images, and 'bird' has 1"),
    (
        lambda: {**PETS, "more/bird/0.png": picture()},
        "The class folders must be side by side, and there are 'more/bird' and",
    ),
    (
        lambda: (
            {f"train/{n}": c for n, c in PETS.items()} | {"test/bird/0.png": picture(), "test/bird/1.png": picture()}
        ),
        "The class 'bird' has test images and no training images",
    ),
]


@pytest.mark.parametrize(("files", "sentence"), REFUSALS)
def test_what_is_no_set_is_refused(files: Callable[[], dict[str, bytes]], sentence: str, home: Path) -> None:
    assert sentence in refusal(files(), home)


def test_a_bomb_is_refused_before_it_is_unpacked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_images, "MAX_FILE_BYTES", 10_000)
    bomb = zipped({**PETS, "cat/bomb.png": bytes(5_000_000)}, zipfile.ZIP_DEFLATED)
    assert len(bomb.getvalue()) < 20_000
    with pytest.raises(Refused, match=r"an image may have 0.01 MB, and 'cat/bomb.png' has 5 MB"):
        taken(bomb)
    monkeypatch.setattr(zip_images, "MAX_UNPACKED_BYTES", 1000)
    assert "Unpacked, a zip may have 1e-06 GB" in refusal(PETS, home)


def test_a_lie_about_the_size_is_found_out(home: Path) -> None:
    file = zipped({**PETS, "cat/bomb.png": bytes(5_000_000)}, zipfile.ZIP_DEFLATED).getvalue()
    lie = file.replace(struct.pack("<I", 5_000_000), struct.pack("<I", 100))
    assert lie != file
    with pytest.raises(Refused, match=r"Bad CRC-32 for file .cat/bomb.png."):
        taken(io.BytesIO(lie))
    assert not list(home.rglob("*.safetensors"))


def test_a_huge_picture_is_refused_by_its_header(home: Path) -> None:
    header = picture(size=(1, 1))
    place = header.index(b"IHDR") + 4
    chunk = b"IHDR" + struct.pack(">II", 100_000, 100_000) + header[place + 8 : place + 13]
    import zlib

    huge = header[: place - 4] + chunk + struct.pack(">I", zlib.crc32(chunk)) + header[place + 17 :]
    assert "'cat/huge.png' has too many pixels" in refusal({**PETS, "cat/huge.png": huge}, home)
    large = header[: place - 4]
    chunk = b"IHDR" + struct.pack(">II", 8000, 8000) + header[place + 8 : place + 13]
    large += chunk + struct.pack(">I", zlib.crc32(chunk)) + header[place + 17 :]
    assert "has 8000 x 8000 pixels, and may have 50 million" in refusal({**PETS, "cat/large.png": large}, home)


@pytest.mark.parametrize(
    ("module", "limit", "value", "sentence"),
    [
        (own_images, "MAX_ZIP_BYTES", 100, "A zip may have 0.0001 MB"),
        (zip_images, "MAX_FILES", 5, "A zip may contain 5 files, and this one contains 12"),
        (zip_images, "MAX_CLASSES", 1, "There may be 1 classes, and there are 2"),
        (quota, "MAX_DATASET_BYTES", 1000, "12 images of 32x32 take"),
        (quota, "MAX_TOTAL_BYTES", 1000, "All imported images on this machine may take"),
    ],
)
def test_each_cap_has_its_sentence(
    module: ModuleType, limit: str, value: int, sentence: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, limit, value)
    assert sentence in refusal(PETS, home)


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="The file is not a readable zip"):
        taken(io.BytesIO(b"no zip at all"))
    with pytest.raises(Refused, match="The zip cannot be read"):
        taken(tmp_path / "gone.zip")
    cut = io.BytesIO(zipped(PETS).getvalue()[:-30])
    with pytest.raises(Refused, match="The file is not a readable zip"):
        taken(cut)
    with pytest.raises(Refused, match="The side of imported images must be one of"):
        taken(zipped(PETS), side=33)


def test_a_password_is_refused() -> None:
    file = bytearray(zipped(PETS).getvalue())
    place = file.index(b"PK\x01\x02")
    file[place + 8] |= 1
    with pytest.raises(Refused, match="has a password"):
        taken(io.BytesIO(bytes(file)))


def test_a_set_that_is_gone_or_damaged_is_a_sentence(home: Path) -> None:
    name = taken(zipped(PETS)).name
    (path,) = home.rglob("*.safetensors")
    path.write_bytes(path.read_bytes()[:100])
    load.cache_clear()
    with pytest.raises(Refused, match="is damaged"):
        load(name)
    path.unlink()
    with pytest.raises(Refused, match="The imported images 'pets' are not on this machine"):
        load(name)


def test_a_set_has_the_owner_who_imported_it_first() -> None:
    name = taken(zipped(PETS), owner="ann").name
    assert taken(zipped(PETS), owner="bob").name == name
    assert owner_of(name) == "ann"
    assert owner_of(taken(zipped(PETS), side=16).name) == ""


def test_a_deleted_set_is_gone_and_can_be_imported_again(home: Path) -> None:
    name = taken(zipped(PETS)).name
    load(name)
    delete(name)
    assert not is_available(name)
    assert name not in dataset_names()
    assert not list(home.rglob("*.safetensors"))
    with pytest.raises(Refused, match="are not on this machine"):
        load(name)
    assert load(taken(zipped(PETS)).name).card.name == name


@pytest.mark.parametrize("name", ["mnist", "own:../../runs-01234567", "../own", "own:"])
def test_nothing_else_is_deleted(name: str) -> None:
    with pytest.raises(Refused, match="Only imported images can be deleted"):
        delete(name)
