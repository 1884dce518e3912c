"""The answer route: who may ask, what is refused with which sentence, and that it says what the networks answer."""

import io
import json
from base64 import b64decode
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.applications import Starlette

from cnnlab.architectures import preset
from cnnlab.data.drawn import as_drawn, prepared
from cnnlab.runs import Store
from cnnlab.runs.results.trained import input_of, network_at
from cnnlab.runs.store.files import epoch_file
from cnnlab.runs.store.housekeeping import compact, delete_run
from cnnlab.training import Recipe
from cnnlab.training.checkpoint import checkpoint_bytes, write_atomically
from cnnlab.training.loop import Training
from cnnlab.ui.serving.answering import asked_runs, route
from cnnlab.ui.serving.answering.batches import Batches, Busy
from cnnlab.ui.serving.answering.lookups import Lookups
from cnnlab.ui.serving.answering.question import DRAWING_TYPE, MAX_BODY, MAX_RUNS, MAX_SIDE
from cnnlab.ui.serving.answering.route import PATH, ROUTE, TOKEN_HEADER
from cnnlab.ui.visitors.allowance import Allowance
from cnnlab.ui.visitors.signing import secret_name, signed, token_for
from cnnlab.ui.visitors.visitor import COOKIE
from cnnlab.words.sentence import Sentence
from tests.ui.asgi import answer, post
from tests.ui.conftest import submit

APP = Starlette(routes=[ROUTE])
DRAWING = np.zeros((40, 40), dtype=np.uint8)
DRAWING[4:24, 6:14] = 255
SIZE = "&width=40&height=40"


@pytest.fixture(autouse=True)
def _at_leisure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "_visitors", Allowance(burst=1000, seconds=1))
    monkeypatch.setattr(asked_runs, "_lookups", Lookups(asked_runs._look_up))


def headers(name: str = "ann", content_type: str = DRAWING_TYPE, **others: str) -> dict[str, str]:
    """Those of the browser of that visitor, on a page."""
    token = token_for("answers", name)
    return {"Cookie": f"{COOKIE}={signed(name)}", TOKEN_HEADER: token, "Content-Type": content_type, **others}


def ask(
    run: str, query: str = SIZE, *, sent: dict[str, str] | None = None, body: bytes = DRAWING.tobytes()
) -> tuple[int, Any]:
    """The status and the answer."""
    parts = [body[:100], body[100:]]
    status, _, content = post(APP, f"/{PATH}", query=f"run={run}{query}", headers=sent or headers(), body=parts)
    return status, json.loads(content)


def problem(run: str, query: str = SIZE, **how: Any) -> tuple[int, str]:
    status, found = ask(run, query, **how)
    return status, found["problem"]


def png(image: np.ndarray[Any, Any]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def test_the_answer_is_that_of_the_network_to_the_prepared_drawing(store: Store) -> None:
    run = store.run(submit(store))
    adapted = input_of(run)
    for how, prepare in (("centre", prepared), ("none", as_drawn)):
        image = prepare(DRAWING, adapted.card)
        assert image is not None
        kept = adapted.as_kept(image)
        with torch.no_grad():
            scores = network_at(run, 0, folder=store.folder)(adapted.batch(kept, torch.tensor([0])))
        status, found = ask(run.id, f"{SIZE}&prepare={how}")
        (only,) = found["answers"]
        assert (status, only["run"], only["epoch"]) == (200, run.id, 0)
        assert only["probabilities"] == pytest.approx(scores.softmax(1)[0].tolist(), abs=1e-6)
        seen = only["seen"]
        assert (seen["side"], seen["channels"]) == (32, 1)
        assert b64decode(seen["pixels"]) == kept.numpy().tobytes()


def test_runs_answer_side_by_side_and_a_problem_of_one_is_its_own(store: Store) -> None:
    spec = preset("lenet5_tutorial").replace(in_channels=3, num_classes=12)
    second = store.submit(spec, Recipe(dataset="digits", seed=7), name="wide", owner="bob").id
    first = submit(store)
    status, found = ask(f"{first},nobody,{second}")
    assert status == 200
    assert [entry["run"] for entry in found["answers"]] == [first, "nobody", second]
    assert "There is no run" in found["answers"][1]["problem"]
    assert len(found["answers"][2]["probabilities"]) == 10  # those of the classes
    assert "seen" in found["answers"][0]
    assert "seen" not in found["answers"][2]


def test_all_epochs_answer_in_their_order(store: Store) -> None:
    run = store.run(submit(store))
    training = Training(run.spec, run.recipe)
    with torch.no_grad():
        for parameter in training.network.parameters():
            parameter.mul_(2)
    path = epoch_file(store.folder, run.id, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, checkpoint_bytes(training.checkpoint()))
    _, found = ask(run.id, f"{SIZE}&epoch=all")
    assert [entry["epoch"] for entry in found["answers"]] == [0, 1]
    assert found["answers"][0]["probabilities"] != found["answers"][1]["probabilities"]
    assert [ask(run.id, f"{SIZE}&epoch={epoch}")[1]["answers"][0]["epoch"] for epoch in (0, 1)] == [0, 1]
    assert ask(run.id)[1]["answers"][0]["epoch"] == 1  # the last one
    _, missing = ask(run.id, f"{SIZE}&epoch=3")
    assert "choose one of 0, 1" in missing["answers"][0]["problem"]


def test_only_the_page_of_the_same_visitor_may_ask(store: Store) -> None:
    run = submit(store)
    for sent in (
        {"Cookie": f"{COOKIE}={signed('ann')}", "Content-Type": DRAWING_TYPE},
        headers() | {TOKEN_HEADER: ""},
        headers() | {TOKEN_HEADER: "nonsense é"},
        headers() | {TOKEN_HEADER: token_for("answers", "bob")},
        headers() | {TOKEN_HEADER: token_for("visitor", "ann")},
        headers() | {"Cookie": f"{COOKIE}=ann"},
    ):
        status, sentence = problem(run, sent=sent)
        assert (status, sentence) == (403, "The page is not one of this server, or it is too old: load it again.")
    # A browser without cookies has the name of its address.
    token = token_for("answers", secret_name("10.0.0.1"))
    assert ask(run, sent={TOKEN_HEADER: token, "Content-Type": DRAWING_TYPE})[0] == 200


@pytest.mark.usefixtures("store")
def test_it_is_not_read() -> None:
    assert answer(APP, f"/{PATH}", headers())[0] == 405


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("&width=40", 400, f"`height` must be a whole number from 1 to {MAX_SIDE}, and it is ''"),
        ("&width=banana&height=40", 400, "`width` must be a whole number"),
        ("&width=-5&height=40", 400, "and it is '-5'"),
        ("&width=257&height=257", 400, f"to {MAX_SIDE}"),
        ("&width=40&height=41", 400, "has 1\u202f640 bytes, and this one has 1\u202f600"),
        ("&width=40&height=39", 413, "may have 1\u202f560 bytes"),
        (f"{SIZE}&epoch=banana", 400, "`epoch` must be a whole number"),
        (f"{SIZE}&prepare=well", 400, "`prepare` must be centre or none, and it is 'well'"),
    ],
)
def test_a_wrong_question_is_a_sentence(store: Store, query: str, status: int, words: str) -> None:
    found, sentence = problem(submit(store), query)
    assert found == status
    assert words in sentence


@pytest.mark.usefixtures("store")
def test_one_to_six_runs_are_asked() -> None:
    assert problem("") == (400, "`run` must name 1 to 6 runs, and it names 0: leave some out, or add one.")
    assert problem(",".join(map(str, range(MAX_RUNS + 1))))[0] == 400
    status, found = ask("../x")
    assert status == 200
    assert "There is no run" in found["answers"][0]["problem"]


def test_a_body_is_refused_before_it_is_read(store: Store) -> None:
    run = submit(store)
    announced = headers(content_type="image/png") | {"Content-Length": str(MAX_BODY + 1)}
    assert problem(run, "", sent=announced, body=b"")[0] == 413
    assert problem(run, "", sent=headers(content_type="image/png"), body=bytes(MAX_BODY + 1))[0] == 413
    assert problem(run, sent=headers(content_type="text/plain"))[0] == 415
    assert problem(run, sent=headers(content_type=""))[0] == 415


def test_a_photo_of_a_digit_is_seen_as_a_drawing(store: Store) -> None:
    run = submit(store)
    photo = np.repeat(np.where(DRAWING > 0, 30, 220).astype(np.uint8)[..., None], 3, axis=2)
    _, drawn = ask(run)
    status, seen = ask(run, "", sent=headers(content_type="image/png"), body=png(photo))
    assert status == 200
    assert seen["answers"][0]["probabilities"] == pytest.approx(drawn["answers"][0]["probabilities"], abs=0.02)


def test_a_broken_file_is_a_sentence(store: Store) -> None:
    run, whole = submit(store), png(DRAWING)
    for body, words in ((whole[: len(whole) // 2], "is damaged"), (b"no image", "is not an image")):
        status, sentence = problem(run, "", sent=headers(content_type="image/png"), body=body)
        assert status == 400
        assert f"The file {words}" in sentence


def test_a_photo_for_colour_images_is_read_as_own_images_are_and_nothing_is_drawn(store: Store) -> None:
    run = store.submit(preset("resnet8_mnist").replace(in_channels=3), Recipe(dataset="shapes"), name="", owner="").id
    random = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    status, found = ask(run, "", sent=headers(content_type="image/png"), body=png(random))
    assert status == 200
    seen = found["answers"][0]["seen"]
    assert (seen["side"], seen["channels"]) == (28, 3)
    assert problem(run) == (400, "The images of Shapes cannot be drawn: choose a photo or a file.")


def test_an_empty_pad_is_an_invitation(store: Store) -> None:
    status, found = ask(submit(store), body=bytes(1600))
    assert (status, found["answers"]) == (200, [])
    assert found["problem"] == "Draw something: the answer follows the pen."


def test_a_run_that_cannot_answer_says_why_while_others_do(store: Store) -> None:
    run = store.run(submit(store))
    gone = store.submit(run.spec, Recipe(dataset="mnist"), name="gone", owner="").id
    damaged = submit(store, recipe=Recipe(dataset="digits", seed=5))
    path = epoch_file(store.folder, damaged, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    fork = store.submit(run.spec, run.recipe, name="fork", owner="", parent=damaged, parent_epoch=1).id
    _, found = ask(f"{run.id},{gone},{damaged},{fork}")
    first, *problems = found["answers"]
    assert "probabilities" in first
    assert "MNIST" in problems[0]["problem"]
    assert "damaged" in problems[1]["problem"]
    assert problems[2]["problem"] == "fork has no network yet: wait for the end of its first epoch."


def test_a_large_network_is_not_loaded(store: Store) -> None:
    spec = preset("vgg16").replace(num_classes=10, in_channels=1)
    run = store.submit(spec, Recipe(dataset="digits"), name="large", owner="").id
    _, found = ask(run)
    assert "The network of large takes" in found["answers"][0]["problem"]
    assert "use a smaller one" in found["answers"][0]["problem"]


def test_a_full_queue_and_a_browser_in_a_hurry_are_told_when_to_come_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = submit(store)

    def refuse(*_: Any, **__: Any) -> None:
        raise Busy(Sentence("Too many."))

    with monkeypatch.context() as patch:
        patch.setattr(Batches, "ask", refuse)
        status, sent, content = post(
            APP, f"/{PATH}", query=f"run={run}{SIZE}", headers=headers(), body=[DRAWING.tobytes()]
        )
    assert (status, sent["retry-after"], json.loads(content)) == (503, "1", {"problem": "Too many."})
    monkeypatch.setattr(route, "_visitors", Allowance(burst=1, seconds=60))
    assert [ask(run)[0], ask(run)[0]] == [200, 503]
    assert ask(run, sent=headers("bob"))[0] == 200


def test_a_slow_network_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    batches = Batches(clock=lambda: float(next(clock)))
    monkeypatch.setattr(route, "served_batches", lambda: batches)
    run = submit(store)
    for _ in range(2):
        assert "probabilities" in ask(run)[1]["answers"][0]
    assert "use a smaller one" in ask(run)[1]["answers"][0]["problem"]


def test_a_deleted_run_is_not_asked(store: Store) -> None:
    run = submit(store)
    assert "probabilities" in ask(run)[1]["answers"][0]
    delete_run(store, run)
    compact(store)
    asked_runs._lookups._found.clear()  # as after a second
    assert "There is no run" in ask(run)[1]["answers"][0]["problem"]
