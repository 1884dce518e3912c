"""Sets from torchvision: from files that are here, from a server of the test's own, and from nowhere."""

import contextlib
import gzip
import hashlib
import io
import pickle
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import numpy as np
import pytest
import torch
from torchvision import datasets

from cnnlab.data import DATASETS, download_dataset, is_available, load
from cnnlab.data import download as data_download
from cnnlab.data.archives import IDX_FILES, download_folder, find_folder
from cnnlab.data.catalogue import dataset_file
from cnnlab.data.storage import save_dataset
from cnnlab.lock import FileLock
from cnnlab.spec import Refused

COUNT = {"train": 20, "t10k": 10}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CNNLAB_DATA", raising=False)
    load.cache_clear()
    yield tmp_path / "home"
    load.cache_clear()


def idx(values: np.ndarray[Any, Any]) -> bytes:
    """Bytes in the format of MNIST's files."""
    head = bytes([0, 0, 8, values.ndim]) + b"".join(n.to_bytes(4, "big") for n in values.shape)
    return head + values.astype(np.uint8).tobytes()


def idx_files() -> dict[str, bytes]:
    files = {}
    for part, count in COUNT.items():
        images = np.arange(count * 28 * 28).reshape(count, 28, 28) % 256
        files[f"{part}-images-idx3-ubyte"] = idx(images)
        files[f"{part}-labels-idx1-ubyte"] = idx(np.arange(count) % 10)
    return files


def put(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    ("name", "folder"), [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST"), ("kmnist", "KMNIST")]
)
def test_files_in_a_named_folder_are_used(
    name: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "sets" / folder / "raw", idx_files())
    assert not is_available(name)
    monkeypatch.setenv("CNNLAB_DATA", str(tmp_path / "sets"))
    assert is_available(name)
    dataset = load(name)
    assert dataset.train_images.shape == (20, 1, 28, 28)
    assert dataset.train_images[1, 0, 0, :3].tolist() == [16, 17, 18]
    assert dataset.test_labels.tolist() == list(range(10))
    assert (dataset.card.num_train, dataset.card.num_test) == (20, 10)
    assert dataset.card.title == DATASETS[name].title


def test_the_kept_form_is_made_once_and_read_without_the_files(home: Path) -> None:
    put(download_folder() / "MNIST/raw", idx_files())
    first = load("mnist")
    written = dataset_file("mnist").stat().st_mtime_ns
    for file in (download_folder() / "MNIST/raw").iterdir():
        file.unlink()
    load.cache_clear()
    again = load("mnist")
    assert dataset_file("mnist").stat().st_mtime_ns == written
    assert torch.equal(first.train_images, again.train_images)
    assert first.card == again.card
    assert not list(home.rglob("*.partial"))


def test_images_are_mapped_from_disk_not_copied() -> None:
    put(download_folder() / "MNIST/raw", idx_files())
    dataset = load("mnist")
    assert dataset.train_images[0, 0, 0, 1] == dataset.test_images[0, 0, 0, 1] == 1
    with dataset_file("mnist").open("r+b") as file:
        file.seek(file.read().index(bytes(range(9))) + 1)
        file.write(b"\xee")
    # The file begins with one of the two parts.
    assert 0xEE in (dataset.train_images[0, 0, 0, 1], dataset.test_images[0, 0, 0, 1])


@pytest.fixture
def cifar(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The files of a tiny CIFAR-10, whose checksums torchvision now takes for the right ones."""
    chance = np.random.default_rng(0)

    def batch() -> bytes:
        pixels = chance.integers(0, 256, (10, 3072), dtype=np.uint8)
        return pickle.dumps({"data": pixels, "labels": list(range(10))})

    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    files = {name: batch() for name in names} | {
        "batches.meta": pickle.dumps({"label_names": [str(i) for i in range(10)]})
    }
    sums = [[name, md5(files[name])] for name in names]
    monkeypatch.setattr(datasets.CIFAR10, "train_list", sums[:5])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", sums[5:])
    meta = {"filename": "batches.meta", "key": "label_names", "md5": md5(files["batches.meta"])}
    monkeypatch.setattr(datasets.CIFAR10, "meta", meta)
    return files


def test_cifar_is_read_and_each_file_checked(cifar: dict[str, bytes]) -> None:
    folder = download_folder() / "cifar-10-batches-py"
    put(folder, cifar)
    dataset = load("cifar10")
    assert dataset.train_images.shape == (50, 3, 32, 32)
    pixels = pickle.loads(cifar["test_batch"])["data"]  # noqa: S301, written above
    assert dataset.test_images.flatten(1).tolist() == pixels.tolist()


def test_a_file_that_is_not_the_published_one_is_never_unpickled(cifar: dict[str, bytes]) -> None:
    put(download_folder() / "cifar-10-batches-py", {**cifar, "test_batch": pickle.dumps(print)})
    with pytest.raises(Refused, match=r"CIFAR-10 in .* cannot be read .*delete them, and download them again"):
        load("cifar10")


def test_svhn_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy.io import savemat

    download_folder().mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 10), dtype=np.uint8)
    splits = {}
    for split in ("train", "test"):
        path = download_folder() / f"{split}_32x32.mat"
        savemat(path, {"X": pixels, "y": np.arange(1, 11).reshape(-1, 1)})
        splits[split] = ["http://127.0.0.1:9/", path.name, md5(path.read_bytes())]
    monkeypatch.setattr(datasets.SVHN, "split_list", splits)
    dataset = load("svhn")
    assert dataset.train_labels.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]  # the file calls the zeros 10
    assert torch.equal(dataset.test_images[3], torch.from_numpy(pixels[..., 3]).permute(2, 0, 1))


def test_files_that_are_damaged_are_a_sentence() -> None:
    files = idx_files()
    put(download_folder() / "MNIST/raw", {**files, IDX_FILES[0]: files[IDX_FILES[0]][:100]})
    with pytest.raises(Refused, match=r"The files of MNIST in .* cannot be read"):
        load("mnist")


@pytest.mark.parametrize("file", IDX_FILES)
@pytest.mark.parametrize(
    "content", [b"", b"\0", b"\0\0\x08\x03", b"\0\0\x07\x09" + bytes(90), b"\xff" * 300, bytes(40)]
)
def test_files_of_anything_are_a_sentence(file: str, content: bytes) -> None:
    put(download_folder() / "MNIST/raw", {**idx_files(), file: content})
    with pytest.raises(
        Refused, match=r"The files of MNIST in .* cannot be read .*: delete them, and download them again"
    ):
        load("mnist")


def test_labels_of_other_classes_are_a_sentence() -> None:
    put(download_folder() / "MNIST/raw", {**idx_files(), "train-labels-idx1-ubyte": idx(np.full(20, 11))})
    with pytest.raises(Refused, match="labels are not those of 10 classes"):
        load("mnist")


def test_what_is_not_here_says_what_to_put_where() -> None:
    with pytest.raises(Refused) as caught:
        load("fashion_mnist")
    (problem,) = caught.value.problems
    assert problem.field == "dataset"
    for part in (
        "Fashion-MNIST must be downloaded first",
        "python -m cnnlab data fashion_mnist",
        f"train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte into"
        f" {download_folder() / 'FashionMNIST/raw'}",
        "CNNLAB_DATA to a folder that contains FashionMNIST/raw",
        "digits, mnist5k, shapes_easy, shapes and shapes_hard are available",
    ):
        assert part in problem.sentence


class Server:
    """Serves a folder on the loopback interface, and knows what was asked for."""

    def __init__(self, folder: Path) -> None:
        asked: list[str] = []

        class Handler(SimpleHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                asked.append(self.path)

        self.asked = asked
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server with a tiny MNIST, from which torchvision now has it."""
    zipped = {f"{name}.gz": gzip.compress(content) for name, content in idx_files().items()}
    put(tmp_path / "served", zipped)
    server = Server(tmp_path / "served")
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/", server.url])
    monkeypatch.setattr(datasets.MNIST, "resources", [(name, md5(content)) for name, content in zipped.items()])
    yield server
    server.close()


def test_a_download_tells_how_far_it_is_and_is_done_once(served: Server) -> None:
    steps = list(download_dataset("mnist"))
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert steps[0].sentence == "Downloading MNIST, file 1 of 4"
    assert steps[-1].sentence == "Reading MNIST"
    assert len(served.asked) == 4
    assert load("mnist").test_images.shape == (10, 1, 28, 28)
    assert list(download_dataset("mnist")) == []
    assert len(served.asked) == 4


def test_one_archive_is_unpacked(cifar: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in cifar.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    put(tmp_path / "served", {"tiny.tar.gz": packed.getvalue()})
    server = Server(tmp_path / "served")
    with contextlib.closing(server):
        for name, value in (("url", f"{server.url}tiny.tar.gz"), ("filename", "tiny.tar.gz")):
            monkeypatch.setattr(datasets.CIFAR10, name, value)
        monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", md5(packed.getvalue()))
        assert list(download_dataset("cifar10"))[-1].done == 1
    assert load("cifar10").train_images.shape == (50, 3, 32, 32)


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "link"])
def test_an_archive_writes_nothing_outside_its_folder(
    name: str, cifar: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        if name == "link":
            member.type, member.linkname = tarfile.SYMTYPE, "../../.."
        archive.addfile(member)
    assert cifar
    download_folder().mkdir(parents=True)
    (download_folder() / "tiny.tar.gz").write_bytes(packed.getvalue())
    monkeypatch.setattr(datasets.CIFAR10, "filename", "tiny.tar.gz")
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", md5(packed.getvalue()))
    with pytest.raises(Refused, match=r"CIFAR-10 (could not be saved|in .* cannot be read)"):
        list(download_dataset("cifar10"))
    below = download_folder().parent
    assert {path.name for path in below.iterdir()} == {"downloads", "cifar10.lock"}
    assert {path.name for path in tmp_path.iterdir()} == {"home"}
    assert not Path("/tmp/outside").exists()
    assert not (download_folder() / "link").exists()


def test_an_address_that_is_not_found_is_a_sentence_and_closed(served: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[int] = []
    close = HTTPError.close
    monkeypatch.setattr(HTTPError, "close", lambda error: (closed.append(error.code), close(error)))
    monkeypatch.setattr(datasets.MNIST, "mirrors", [f"{served.url}gone/"])
    with pytest.raises(Refused, match=r"MNIST could not be downloaded \(.*File not found"):
        list(download_dataset("mnist"))
    assert closed == [404]


def test_another_content_than_was_published_is_refused_and_not_kept(
    served: Server, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setattr(datasets.MNIST, "mirrors", [served.url])
    monkeypatch.setattr(datasets.MNIST, "resources", [("train-images-idx3-ubyte.gz", "0" * 32)])
    with pytest.raises(Refused, match=r"could not be downloaded .*checksum differs"):
        list(download_dataset("mnist"))
    assert not [path for path in home.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_no_connection_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])
    with pytest.raises(Refused, match=r"could not be downloaded \(Connection refused\)\. Connect to the internet, or"):
        list(download_dataset("mnist"))


def test_who_comes_second_waits_and_downloads_nothing(served: Server, home: Path) -> None:
    (home / "data").mkdir(parents=True)
    lock = FileLock(home / "data/mnist.lock")
    assert lock.acquire()
    second = download_dataset("mnist")
    assert next(second).sentence == "Another process is downloading MNIST"
    put(download_folder() / "MNIST/raw", idx_files())
    save_dataset(data_download._read_dataset(DATASETS["mnist"], download_folder()))
    lock.release()
    assert all("Another process" in step.sentence for step in second)
    assert served.asked == []
    assert load("mnist").train_labels.shape == (20,)


@pytest.mark.usefixtures("served")
def test_a_download_that_is_broken_off_lets_the_next_begin() -> None:
    first = download_dataset("mnist")
    next(first)
    first.close()
    assert list(download_dataset("mnist"))
    assert is_available("mnist")


def test_a_set_that_came_with_the_lab_needs_no_download() -> None:
    assert list(download_dataset("shapes")) == []


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CNNLAB_HOME", str(tmp_path / "file"))
    with pytest.raises(Refused, match="set CNNLAB_HOME"):
        list(download_dataset("mnist"))


def test_a_part_of_a_set_is_no_set() -> None:
    files = idx_files()
    del files["train-labels-idx1-ubyte"]
    put(download_folder() / "MNIST/raw", files)
    assert find_folder("mnist") is None
