"""A cache that is bounded by the size of what it keeps."""

from cnnlab.bounded_cache import BoundedCache


def test_what_was_asked_for_longest_ago_is_dropped() -> None:
    called: list[str] = []

    def doubled(text: str) -> str:
        called.append(text)
        return 2 * text

    cached = BoundedCache(doubled, len, 8)
    assert [cached("aa"), cached("bb"), cached("aa")] == ["aaaa", "bbbb", "aaaa"]
    assert called == ["aa", "bb"]
    cached("cc")  # without room for "bb"
    assert cached.total == 8
    cached("aa")
    assert called == ["aa", "bb", "cc"]
    cached("bb")
    assert called == ["aa", "bb", "cc", "bb"]


def test_what_is_larger_than_the_cache_is_not_kept() -> None:
    cached = BoundedCache(lambda count: "x" * count, len, 8)
    assert (cached(8), cached.total) == ("x" * 8, 8)
    assert (len(cached(9)), cached.total) == (9, 8)


def test_none_is_a_result() -> None:
    called: list[int] = []
    cached = BoundedCache(called.append, lambda _: 1, 2)
    assert [cached(1), cached(1)] == [None, None]
    assert called == [1]
    cached.cache_clear()
    cached(1)
    assert (called, cached.total) == ([1, 1], 1)


def test_what_is_kept_can_be_had_without_computing() -> None:
    called: list[str] = []

    def doubled(text: str) -> str:
        called.append(text)
        return 2 * text

    cached = BoundedCache(doubled, len, 4)
    assert cached.kept("a") is None
    cached("a")
    cached("b")
    assert cached.kept("a") == "aa"
    cached("c")  # without room for "b", which was asked for longest ago
    assert (cached.kept("a"), cached.kept("b")) == ("aa", None)
    assert called == ["a", "b", "c"]
