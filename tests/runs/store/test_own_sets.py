"""Deleting own images: by whom, and not while runs need them."""

import io
import zipfile

import pytest
from PIL import Image

from cnnlab.architectures import preset
from cnnlab.cli import main
from cnnlab.data import dataset_names, import_images, is_available
from cnnlab.data.catalogue import dataset_file
from cnnlab.runs import NotPossible, open_store
from cnnlab.runs.permissions import FOLDER_OWNER, Requester, may_change
from cnnlab.runs.settings import Settings, settings_file
from cnnlab.runs.store.housekeeping import delete_set
from cnnlab.spec import Refused
from cnnlab.training import Recipe


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path))
    store = open_store()
    yield store
    store.close()


@pytest.fixture
def own():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for label in ("cat", "dog"):
            for i in range(3):
                picture = io.BytesIO()
                Image.new("RGB", (8, 8), (50 * i, 100, len(label))).save(picture, "PNG")
                archive.writestr(f"{label}/{i}.png", picture.getvalue())
    steps = import_images(file, "pets", 16, owner="ann")
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value.name


def submit(store, dataset):
    spec = preset("lenet5_tutorial").replace(num_classes=10)
    return store.submit(spec, Recipe(dataset=dataset), name="a run", owner="bob")


def test_images_that_nobody_needs_are_deleted(store, own):
    submit(store, "digits")
    assert own in dataset_names()
    delete_set(store, own)
    assert own not in dataset_names()
    assert not is_available(own)
    with pytest.raises(Refused, match="are not on this machine any more"):
        delete_set(store, own)


def test_images_that_a_run_needs_stay(store, own):
    first, second = submit(store, own), submit(store, own)
    with pytest.raises(Refused, match=r"The images 'pets' are used by 2 queued or running runs"):
        delete_set(store, own)
    store.request_stop(first.id)
    with pytest.raises(Refused, match="used by a queued or running run"):
        delete_set(store, own)
    store.request_stop(second.id)
    delete_set(store, own)
    assert not is_available(own)


def test_only_who_put_them_in_and_the_teacher_may():
    free, strict = Settings(), Settings(teacher_token="white chalk")
    for settings in (free, strict):
        assert may_change("ann", settings, Requester(owner="ann"))
        assert not may_change("ann", settings, Requester(owner="bob"))
        assert not may_change("", settings, Requester(owner=""))
        assert may_change("", settings, FOLDER_OWNER)
    assert may_change("ann", strict, Requester(owner="bob", token="white chalk"))
    assert not may_change("ann", strict, Requester(owner="bob", token="cheese"))
    assert not may_change("ann", free, Requester(owner="bob", token=""))


def test_the_store_refuses_a_stranger_and_obeys_the_owner(store, own):
    with pytest.raises(NotPossible, match="belong to another user: only their owner and the teacher"):
        delete_set(store.acting_for(Requester(owner="bob")), own)
    assert is_available(own)
    delete_set(store.acting_for(Requester(owner="ann")), own)
    assert not is_available(own)
    with pytest.raises(Refused, match="are not on this machine any more"):
        delete_set(store.acting_for(Requester(owner="ann")), own)


def test_the_owner_of_the_machine_deletes_by_command(own, capsys):
    assert main(["data", "--delete", own, "mnist"]) == 2
    assert "Only imported images can be deleted, and 'mnist' is not" in capsys.readouterr().err
    assert not is_available(own)


def test_the_teacher_deletes_a_set_whose_file_is_damaged_and_nobody_else_does(store, own):
    settings_file(store.folder).write_text('teacher_token = "white chalk"\n')
    dataset_file(own).write_bytes(b"damaged")
    for requester in (Requester(owner="ann"), Requester(owner="")):
        with pytest.raises(NotPossible, match="belong to another user"):
            delete_set(store.acting_for(requester), own)
    delete_set(store.acting_for(Requester(owner="bob", token="white chalk")), own)
    assert not is_available(own)


@pytest.mark.parametrize("name", ["mnist", "own:../../x-01234567", "", "own:"])
def test_only_imported_images_are_deleted(store, name):
    with pytest.raises(Refused):
        delete_set(store.acting_for(Requester(owner="ann")), name)


@pytest.mark.parametrize("recipe", ["", "{", "null", "[]", "{}", "7"])
def test_a_damaged_run_keeps_nobody_from_deleting_images(store, own, recipe):
    store.change(submit(store, "digits").id, recipe=recipe)
    delete_set(store, own)
    assert not is_available(own)
