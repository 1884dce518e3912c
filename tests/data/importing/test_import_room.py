"""What an import takes: memory, disk, its turn, and a share of the machine."""

import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest
import torch
from PIL import Image

from cnnlab.data import dataset_names, import_images, load
from cnnlab.data.cards import DatasetCard
from cnnlab.data.catalogue import dataset_file
from cnnlab.data.importing import quota
from cnnlab.data.importing.quota import TURN, delete_abandoned, own_folder
from cnnlab.data.progress import lock_of_turn
from cnnlab.lock import FileLock
from cnnlab.spec import Refused


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path))
    return tmp_path


def zipped(count: int, colours: tuple[tuple[int, int, int], ...] = ((250, 0, 0), (0, 0, 250))) -> io.BytesIO:
    """A zip of two classes with so many images each, the last of `colours` in the last image of all."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for label in ("cat", "dog"):
            for i in range(count):
                picture = io.BytesIO()
                is_last = label == "dog" and i == count - 1
                Image.new("RGB", (2, 2), colours[-1] if is_last else colours[0]).save(picture, "PNG")
                archive.writestr(f"{label}/{i:05}.png", picture.getvalue())
    return file


def taken(source: io.BytesIO, side: int = 16, owner: str = "", title: str = "pets") -> DatasetCard:
    steps = import_images(source, title, side, owner=owner)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


@pytest.mark.parametrize("colours", [((250, 0, 0),), ((9, 9, 9),), ((9, 9, 9), (250, 0, 0))])
def test_an_import_takes_less_memory_than_the_set(colours: tuple[tuple[int, int, int], ...]) -> None:
    source = zipped(150, colours)
    taken(zipped(2), 128)  # what is imported and cached once
    tracemalloc.start()
    try:
        card = taken(source, 128)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    kept = dataset_file(card.name).stat().st_size
    assert kept > 300 * 128**2 * card.in_channels
    assert most < kept / 2, f"{most} of {kept}"


def test_grey_images_before_the_first_colour_stay_grey() -> None:
    card = taken(zipped(60, ((9, 9, 9), (250, 0, 0))))
    dataset = load(card.name)
    assert (card.in_channels, card.num_train, card.num_test) == (3, 96, 24)
    assert dataset.train_images.unique().tolist() == [9]
    assert dataset.test_images[:-1].unique().tolist() == [9]
    assert dataset.test_images[-1].amax((1, 2)).tolist() == [250, 0, 0]
    assert not list(own_folder().glob("*.partial"))


def test_one_zip_is_imported_at_a_time(home: Path) -> None:
    (home / "data").mkdir()
    lock = FileLock(home / "data/import.lock")
    assert lock.acquire()
    second = import_images(zipped(3), "pets", 16)
    assert next(second).sentence == next(second).sentence == "Another import is running"
    assert len([name for name in dataset_names() if name.startswith("own:")]) == 0
    lock.release()
    assert [step.sentence for step in second] == ["Reading image 1 of 6"]
    assert lock.acquire()
    lock.release()


@pytest.mark.parametrize("in_the_way", ["data", "data/own", "data/import.lock/x"])
def test_a_folder_that_cannot_be_written_is_a_sentence(in_the_way: str, home: Path) -> None:
    path = home / in_the_way
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("in the way")
    with pytest.raises(
        Refused, match=r"(Nothing|The images) can(not)? be saved in .*set CNNLAB_HOME to another folder"
    ):
        taken(zipped(3))


def test_an_import_that_is_broken_off_leaves_nothing_and_lets_the_next_begin() -> None:
    first = import_images(zipped(150), "pets", 16)
    assert [next(first).sentence, next(first).sentence] == ["Reading image 1 of 300", "Reading image 201 of 300"]
    assert list(own_folder().glob("*.partial"))
    first.close()
    assert not list(own_folder().iterdir())
    assert taken(zipped(150)).num_images == 300


def test_what_killed_imports_have_left_is_deleted() -> None:
    own_folder().mkdir(parents=True)
    for name in ("pets-01234567.train.partial", "pets-01234567.safetensors.partial"):
        (own_folder() / name).write_bytes(bytes(100))
    card = taken(zipped(3))
    assert [path.name for path in own_folder().iterdir()] == [dataset_file(card.name).name]


def test_what_cannot_be_deleted_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    (own_folder() / "stuck.partial").mkdir(parents=True)
    taken(zipped(3))
    monkeypatch.setattr(quota, "MAX_TOTAL_BYTES", quota._used() + 6 * 3 * 16**2 - 1)
    with pytest.raises(Refused, match="All imported images on this machine may take"):
        taken(zipped(3), title="others")


def test_each_person_has_a_share(monkeypatch: pytest.MonkeyPatch) -> None:
    first = taken(zipped(3), owner="ann")
    monkeypatch.setattr(quota, "MAX_OWNER_BYTES", dataset_file(first.name).stat().st_size + 100)
    with pytest.raises(Refused, match=r"The images that you have imported may take .* delete some of your sets"):
        taken(zipped(3), title="others", owner="ann")
    assert taken(zipped(3), owner="ann") == first
    assert taken(zipped(3), title="others", owner="bob").title == "others"
    assert taken(zipped(3), title="more").title == "more"


def test_the_limit_of_a_set_is_checked_before_an_image_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "MAX_DATASET_BYTES", 6 * 3 * 16**2 - 1)
    steps = import_images(zipped(3), "pets", 16)
    with pytest.raises(Refused, match=r"6 images of 16x16 take .* choose a smaller side"):
        next(steps)


def test_a_damaged_set_is_replaced_when_its_zip_is_imported_again() -> None:
    source = zipped(3)  # a zip that is made later has other times in it
    card = taken(source, owner="ann")
    path = dataset_file(card.name)
    for content in (b"", path.read_bytes()[:200], path.read_bytes()[:-1], b"\x02\0\0\0\0\0\0\0{}"):
        path.write_bytes(content)
        load.cache_clear()
        with pytest.raises(Refused, match=r"of the imported images 'pets' is damaged .*: import their zip again"):
            load(card.name)
        assert taken(source, owner="ann") == card
        assert torch.equal(load(card.name).train_labels, torch.tensor([0, 0, 1, 1]))


def test_what_a_killed_import_has_left_goes_when_the_server_starts_and_counts_until_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    delete_abandoned()  # in a home without data
    own_folder().mkdir(parents=True)
    left = [own_folder() / name for name in ("pets-0123abcd.train.partial", "pets-0123abcd.safetensors.partial")]
    for path in left:
        path.write_bytes(bytes(1000))
    monkeypatch.setattr(quota, "MAX_TOTAL_BYTES", 2500)
    with pytest.raises(Refused, match="All imported images on this machine"):
        quota.check_space(501, 1, 16, "ann")
    lock = FileLock(lock_of_turn(TURN))
    assert lock.acquire()
    delete_abandoned()
    assert all(path.exists() for path in left), "somebody is importing"
    lock.release()
    delete_abandoned()
    assert not any(path.exists() for path in left)
    quota.check_space(501, 1, 16, "ann")
    assert FileLock(lock_of_turn(TURN)).acquire()
