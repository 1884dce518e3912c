from hypothesis import given
from hypothesis import strategies as st

from cnnlab.runs.store.queue import QueuedRun, fair_order

waiting_runs = st.lists(st.sampled_from("abcd"), max_size=30).map(
    lambda owners: [QueuedRun(f"{owner}{number}", owner, number) for number, owner in enumerate(owners)]
)
turns = st.dictionaries(st.sampled_from("abcd"), st.floats(0, 100))


@given(waiting_runs, turns)
def test_everybody_who_waits_comes_once_per_round(waiting, last_turns):
    order = fair_order(waiting, last_turns)
    assert sorted(order) == sorted(run.run_id for run in waiting)
    for place in range(len(order)):
        served = [sum(run_id[0] == owner for run_id in order[:place]) for owner in {i[0] for i in order[place:]}]
        assert max(served) - min(served) <= 1


@given(waiting_runs, turns)
def test_one_s_own_runs_keep_their_order(waiting, last_turns):
    order = fair_order(waiting, last_turns)
    for owner in "abcd":
        own = [int(run_id[1:]) for run_id in order if run_id[0] == owner]
        assert own == sorted(own)


@given(waiting_runs, turns, st.randoms())
def test_the_order_of_asking_is_by_number(waiting, last_turns, random):
    shuffled = list(waiting)
    random.shuffle(shuffled)
    assert fair_order(shuffled, last_turns) == fair_order(waiting, last_turns)


def test_a_newcomer_goes_before_those_who_had_a_turn():
    waiting = [QueuedRun("a1", "ann", 1), QueuedRun("b2", "bob", 2), QueuedRun("c3", "cem", 3)]
    assert fair_order(waiting, {"ann": 5.0, "bob": 4.0}) == ["c3", "b2", "a1"]
