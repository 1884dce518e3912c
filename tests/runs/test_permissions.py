"""Who may change which run: the store refuses everyone else, whatever a page shows."""

import pytest

from cnnlab.runs import NotPossible, open_store
from cnnlab.runs.permissions import Requester
from cnnlab.runs.settings import Settings, documented, settings_file
from cnnlab.runs.store.files import epoch_file
from cnnlab.runs.store.housekeeping import annotate, compact, delete_run, rename, restore_run, tag
from cnnlab.runs.store.recorder import Recorder
from cnnlab.runs.submit import fork
from cnnlab.training import Recipe
from cnnlab.words.sentence import Sentence
from tests.runs.conftest import SPEC

OWNER, STRANGER = Requester(owner="ann"), Requester(owner="bob")
TEACHER, LIAR = Requester(owner="eve", token="white chalk"), Requester(owner="eve", token="cheese")


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path)
    settings_file(tmp_path).write_text(documented(Settings(teacher_token="white chalk")))
    yield store
    store.close()


def submit(store, owner="ann"):
    return store.submit(SPEC, Recipe(dataset="digits"), name="a run", owner=owner).id


def fail(store, run_id):
    Recorder(store.database, store.folder, run_id).end("failed", Sentence("It failed."), was="queued")


CHANGES = {
    "pause": lambda store, run_id: store.request_pause(run_id),
    "stop": lambda store, run_id: store.request_stop(run_id),
    "rename": lambda store, run_id: rename(store, run_id, "mine"),
    "annotate": lambda store, run_id: annotate(store, run_id, "mine"),
    "tag": lambda store, run_id: tag(store, run_id, ["mine"]),
    "delete": delete_run,
    "restore": restore_run,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_only_the_owner_and_the_teacher_change_a_run(store, change):
    run_id = submit(store)
    before = store.run(run_id)
    for requester in (STRANGER, LIAR, Requester()):
        with pytest.raises(NotPossible, match="belongs to another user: only its owner and the teacher can change it"):
            change(store.acting_for(requester), run_id)
    assert store.run(run_id) == before
    for requester in (OWNER, TEACHER):
        change(store.acting_for(requester), run_id)
    change(store, run_id)  # as the owner of the folder, on the command line


def test_only_the_owner_and_the_teacher_resume_a_run(store):
    run_id = submit(store)
    for requester in (OWNER, TEACHER):
        fail(store, run_id)
        with pytest.raises(NotPossible, match="belongs to another user"):
            store.acting_for(STRANGER).resume(run_id)
        assert store.run(run_id).state == "failed"
        store.acting_for(requester).resume(run_id)
        assert store.run(run_id).state == "queued"


def test_only_the_teacher_reorders_the_queue(store):
    first, second = submit(store), submit(store)
    for requester in (OWNER, STRANGER, LIAR):
        with pytest.raises(NotPossible, match="Only the teacher can move a run to the front of the queue"):
            store.acting_for(requester).go_first(second)
    assert store.queue() == [first, second]
    store.acting_for(TEACHER).go_first(second)
    assert store.queue() == [second, first]
    store.go_first(first)
    assert store.queue() == [first, second]


def test_everyone_deletes_only_their_own_runs_permanently(store):
    run_ids = [submit(store, owner) for owner in ("ann", "bob", "cem")]
    for run_id in run_ids:
        delete_run(store, run_id)
    with pytest.raises(NotPossible, match="The deleted runs belong to other users"):
        compact(store.acting_for(LIAR))
    assert compact(store.acting_for(STRANGER)) == 1
    assert [run.id for run in store.runs(deleted=True)] == [run_ids[2], run_ids[0]]
    assert compact(store.acting_for(TEACHER)) == 2
    assert compact(store.acting_for(STRANGER)) == 0, "with nothing to delete there is nothing to refuse"


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_without_a_token_only_the_owner_changes_a_run(store, change):
    settings_file(store.folder).unlink()
    run_id = submit(store)
    before = store.run(run_id)
    for requester in (STRANGER, LIAR, TEACHER, Requester()):
        with pytest.raises(NotPossible, match="belongs to another user"):
            change(store.acting_for(requester), run_id)
    assert store.run(run_id) == before
    change(store.acting_for(OWNER), run_id)
    change(store, run_id)


def test_without_a_token_nobody_resumes_forgets_or_overtakes_what_is_another_s(store):
    settings_file(store.folder).unlink()
    run_id = submit(store)
    with pytest.raises(NotPossible, match="Only the teacher"):
        store.acting_for(OWNER).go_first(run_id)
    fail(store, run_id)
    with pytest.raises(NotPossible, match="belongs to another user"):
        store.acting_for(STRANGER).resume(run_id)
    delete_run(store.acting_for(OWNER), run_id)
    with pytest.raises(NotPossible, match="belong to other users"):
        compact(store.acting_for(STRANGER))
    assert [run.id for run in store.runs(deleted=True)] == [run_id]
    assert compact(store.acting_for(OWNER)) == 1


def test_a_run_of_nobody_is_not_that_of_a_visitor_without_a_name(store):
    run_id = submit(store, owner="")
    with pytest.raises(NotPossible):
        delete_run(store.acting_for(Requester()), run_id)
    with pytest.raises(NotPossible):
        submit(store.acting_for(Requester()), owner="")


def test_everyone_submits_and_forks_under_their_own_name(store):
    run_id = submit(store)
    start = epoch_file(store.folder, run_id, 1)
    start.parent.mkdir()
    start.write_bytes(b"a checkpoint")
    visitors = store.acting_for(STRANGER)
    assert submit(visitors, "bob")
    assert fork(visitors, run_id, epoch=1, owner="bob").owner == "bob"
    for attempt in (lambda: submit(visitors, "ann"), lambda: fork(visitors, run_id, epoch=1, owner="ann")):
        with pytest.raises(NotPossible, match="under your own name"):
            attempt()
    assert len(store.runs()) == 3


def test_a_store_is_the_same_for_all_who_use_it(store):
    assert store.acting_for(OWNER) == store == store.acting_for(STRANGER)
    assert len({store, store.acting_for(OWNER)}) == 1
    assert store != store.database
