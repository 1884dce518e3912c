"""Folders as people name them: which of them are classes, which are parts of a split, and which say nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.data.importing.class_folders import Place, part_of, places
from cnnlab.data.importing.zip_names import key
from cnnlab.spec import Refused


def placed(*folders: str) -> set[tuple[str | None, str]]:
    found = places([(*folder.split("/"), "1.png") for folder in folders])
    assert all(isinstance(place, Place) for place in found)
    return {(place.part, place.label) for place in found}


def split(*parts: str) -> set[tuple[str | None, str]]:
    return {(part, label) for part in parts for label in ("cat", "dog")}


def both(pattern: str, *parts: str) -> list[str]:
    return [pattern.format(part=part, label=label) for part in parts for label in ("cat", "dog")]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        *((name, "train") for name in ("train", "Training", "TRAIN", "flowers_train", "training-set", "TrainingData")),
        *((name, "validation") for name in ("val", "Valid", "VALIDATION", "val2017", "my validation images")),
        *((name, "test") for name in ("test", "Testing", "TestSet", "seg_test", "01 Test")),
        *((name, None) for name in ("cat", "trains", "latest", "train_test", "contest", "valley", "")),
    ],
)
def test_parts_have_names(name: str, part: str | None) -> None:
    assert part_of(name) == part


@pytest.mark.parametrize("wrapped", ["", "flowers/", "flowers/flowers/", "a/b/c/", "train/"])
def test_wrapping_folders_say_nothing(wrapped: str) -> None:
    assert placed(f"{wrapped}cat", f"{wrapped}dog") == split(*[None])


@pytest.mark.parametrize("wrapped", ["", "flowers/", "flowers/flowers/"])
@pytest.mark.parametrize(
    "pattern",
    ["{part}/{label}", "{label}/{part}", "{part}/images/{label}", "{part}/{part}/{label}", "{label}/x/{part}"],
)
def test_a_split_is_found_in_either_order(pattern: str, wrapped: str) -> None:
    folders = both(wrapped + pattern, "Train", "VALID", "Testing")
    assert placed(*folders) == split("train", "validation", "test")


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("flowers_train", "flowers_test"),
        ("training_set", "test_set"),
        ("train_1", "Test (1)"),
        ("TrainData", "TestData"),
    ],
)
def test_parts_may_carry_more(train: str, test: str) -> None:
    assert placed(*both("{part}/{label}", train, test)) == split("train", "test")
    assert placed(*both("{part}/{part}/{label}", train, test)) == split("train", "test")
    assert placed(*both("{part}/train/{label}", train), *both("{part}/test/{label}", test)) == split("train", "test")


@pytest.mark.parametrize("part", ["train", "test", "Validation"])
def test_one_part_alone_is_no_split(part: str) -> None:
    assert placed(*both("{part}/{label}", part)) == placed(*both("{label}/{part}", part)) == split(*[None])


def test_a_part_doubled_alone_is_that_part() -> None:
    assert placed("train/cat", "train/dog", "test/test/cat", "test/test/dog") == split("train", "test")
    assert placed("flowers/cat", "flowers/dog", "flowers/flowers/cat", "flowers/flowers/dog") == split(*[None])


def test_classes_may_be_called_like_parts() -> None:
    assert placed("car", "train") == {(None, "car"), (None, "train")}
    assert placed("test tube", "bullet train") == {(None, "test tube"), (None, "bullet train")}
    assert placed("train/train", "train/car", "test/train", "test/car") == {
        (part, label) for part in ("train", "test") for label in ("train", "car")
    }
    tubes = [f"{label}/{part}" for label in ("test tube", "train station") for part in ("train", "test")]
    assert {label for _, label in placed(*tubes)} == {"test tube", "train station"}


def test_one_class_may_be_spelt_differently_in_each_part() -> None:
    assert placed("train/Cat", "train/Cat", "train/dog", "test/cat", "test/dog") >= {("test", "dog")}
    assert {label for _, label in placed("train/Cat", "train/Cat", "train/dog", "test/cat", "test/dog")} == {
        "Cat",
        "dog",
    }
    assert {label for _, label in placed("train/caf\u00e9", "train/b", "test/cafe\u0301", "test/b")} == {"café", "b"}


@pytest.mark.parametrize(
    ("folders", "sentence"),
    [
        (
            ["Cat", "cat", "dog"],
            "'Cat' and 'cat' differ only in capitals: put their images into one folder if they are",
        ),
        (
            ["fold1/cat", "fold1/dog", "fold2/cat"],
            "must be side by side, and there are 'fold1/cat' and 'fold2/cat': rename",
        ),
        (["cat", "more/bird"], "must be side by side, and there are 'more/bird' and 'cat': rename"),
        (["train/cat", "train/dog", "test"], "The images in 'test' are in no class folders: sort them"),
        (["train/cat", "train/dog", "new/cat"], "The folder 'new' is beside 'train', and its name does not say"),
        (["train/cat", "train/dog", "new"], "The folder 'new' is beside 'train', and its name does not say"),
        (["cat", "cat/small", "dog"], "There are images in 'cat' and in 'cat/small', and a class is one folder"),
        (["train/cat", "test", "test/cat"], "The images in 'test' are in no class folders: sort them"),
        (["pets", "pets/cat", "pets/dog"], "'pets' and in 'pets/cat', and a class is one folder: sort those in 'pets'"),
        (["test/cat", "val/cat"], "none for training: name the folder of the training images train"),
    ],
)
def test_what_cannot_be_told_is_asked(folders: list[str], sentence: str) -> None:
    with pytest.raises(Refused) as caught:
        placed(*folders)
    assert sentence in str(caught.value)
    assert "move" not in str(caught.value)


def test_an_image_in_no_folder_is_named() -> None:
    with pytest.raises(Refused, match=r"'1\.png' is not in a class folder: move each image into the folder of its"):
        places([("1.png",), ("cat", "1.png")])


FOLDERS = ("train", "Train", "test", "val", "my_test", "cat", "dog", "Cat", "flowers", "images", "x")


@given(st.lists(st.lists(st.sampled_from(FOLDERS), max_size=4), min_size=1, max_size=12))
def test_any_folders_have_places_or_a_reason(folders: list[list[str]]) -> None:
    paths = [(*folder, f"{i}.png") for i, folder in enumerate(folders)]
    try:
        found = places(paths)
    except Refused as refused:
        found, reason = [], str(refused)
    if not found:
        assert reason.endswith(".")
        return
    assert len(found) == len(paths)
    for place, path in zip(found, paths, strict=True):
        assert key(place.label) in map(key, path[:-1])
        assert place.part is None or place.part in map(part_of, path[:-1])


@given(st.permutations(range(6)))
def test_the_order_of_the_files_does_not_matter(order: list[int]) -> None:
    paths = [(part, label, "1.png") for part in ("Train", "VAL", "test") for label in ("cat", "dog")]
    found = places(paths)
    assert places([paths[i] for i in order]) == [found[i] for i in order]
