from hypothesis import given
from hypothesis import strategies as some

from cnnlab.runs.thinning import thinned_indices


@given(some.integers(0, 3000), some.integers(1, 300))
def test_indices_stay_as_more_values_come(count, max_points):
    kept = thinned_indices(count, max_points)
    assert kept == sorted(set(kept))
    assert len(kept) <= max_points + 1
    assert (kept[-1:] == [count - 1]) == (count > 0)
    assert set(thinned_indices(count + 1, max_points)[:-1]) <= set(kept) | {count - 1}
