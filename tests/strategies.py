"""Random values and specs, drawn from the settings: nothing here repeats a field, a limit or a default."""

from typing import Any

from hypothesis import strategies as st

from cnnlab.architectures import FAMILIES, Family, NetworkSpec
from cnnlab.architectures.custom.blocks import BLOCKS
from cnnlab.architectures.custom.text import write_block
from cnnlab.spec import Scalar, Setting, Spec, Value

SMALL, SMALL_IN_A_LIST, SMALL_WIDTHS = 24, 6, 0.125
"""Defaults are taken for at most this when sizing random values: the real code, at a size that is quick."""

WIDTHS = "width_multiplier"
"""The field that makes a whole network thinner, in the families whose widths are fixed by a table."""

WRONG: list[Any] = ["seven", None, 2.5, True, -1, 10**9, float("nan"), (), ("x",), (1.5,)]
"""Values that most fields refuse."""


def one_value(setting: Setting) -> st.SearchStrategy[Scalar]:
    """A small value that the field accepts; for a list, one of its entries."""
    if setting.kind == "choice":
        return st.sampled_from(setting.choices)
    if setting.kind == "switch":
        usual = setting.default[0] if isinstance(setting.default, tuple) else setting.default
        return st.just(usual) | st.booleans()
    if setting.kind == "text":
        return st.just(setting.default)
    default = setting.default[0] if isinstance(setting.default, tuple) else setting.default
    assert setting.minimum is not None
    assert setting.maximum is not None
    small = SMALL_WIDTHS if setting.name == WIDTHS else SMALL_IN_A_LIST if setting.is_list else SMALL
    usual = min(default, max(small, setting.minimum))
    if setting.kind == "whole":
        top = min(setting.maximum, max(1.5 * usual, setting.minimum + 2))
        values = st.sampled_from(range(int(setting.minimum), int(top) + 1, int(setting.knob.step or 1)))
    else:
        values = st.floats(setting.minimum, min(setting.maximum, 1.25 * usual or 2))
    # Half of them as usual: with every field drawn freely, hardly anything would fit together.
    return st.just(usual) | values


@st.composite
def block_lists(draw: st.DrawFn) -> tuple[Value, ...]:
    """Some blocks that work on maps, then perhaps some that work on a vector."""
    maps = st.sampled_from([kind for kind, block in BLOCKS.items() if block.takes == "map" and kind != "flatten"])
    vectors = st.sampled_from([kind for kind, block in BLOCKS.items() if block.takes != "map"])
    kinds = draw(st.lists(maps, max_size=3))
    if draw(st.booleans()):
        kinds += ["flatten", *draw(st.lists(vectors, max_size=2))]
    texts = []
    for kind in kinds:
        block, _ = BLOCKS[kind].check(draw(possible_values(BLOCKS[kind])))
        texts.append(kind if block is None else write_block(kind, block))
    return tuple(texts)


def one_setting(setting: Setting, length: int | None) -> st.SearchStrategy[Value]:
    """A small value that the field accepts."""
    if not setting.is_list:
        return one_value(setting)
    if setting.name == "blocks":
        return block_lists()
    shortest, longest = setting.min_length, min(setting.max_length, 3)
    if length is not None:
        shortest = longest = min(max(length, setting.min_length), setting.max_length)
    return st.lists(one_value(setting), min_size=shortest, max_size=longest).map(tuple)


@st.composite
def possible_values(draw: st.DrawFn, kind: type[Spec]) -> dict[str, Value]:
    """Values that each field accepts; lists that belong together have one length. Relations may still be broken."""
    settings = kind.settings()
    usual = {s.knob.per: len(s.default) for s in settings.values() if s.knob.per and isinstance(s.default, tuple)}
    lengths = {group: draw(st.just(min(length, 3)) | st.integers(1, 3)) for group, length in usual.items()}
    return {
        name: draw(one_setting(setting, lengths.get(setting.knob.per)), label=name)
        for name, setting in settings.items()
    }


@st.composite
def any_values(draw: st.DrawFn, kind: type[Spec]) -> dict[str, Any]:
    """Mostly possible values; sometimes a field has some other value, off its steps, its limits or its type."""
    values: dict[str, Any] = draw(possible_values(kind))
    name = draw(st.sampled_from([None] * 5 * len(values) + list(values)), label="broken field")
    if name is not None:
        setting = kind.settings()[name]
        edges = [edge + by for edge in (setting.minimum, setting.maximum) if edge is not None for by in (-1, 1)]
        values[name] = draw(st.sampled_from([*WRONG, *edges, (1,) * 9]), label="value")
    return values


def specs(family: Family) -> st.SearchStrategy[NetworkSpec]:
    """Small specs of a family whose fields fit together; their shapes may still break."""
    checked = possible_values(family.spec).map(lambda values: family.spec.check(values)[0])
    return checked.filter(lambda spec: spec is not None)


def all_specs() -> st.SearchStrategy[NetworkSpec]:
    """Small specs of any family."""
    own = [family for _, family in sorted(FAMILIES.items()) if not family.is_read_only]
    return st.sampled_from(own).flatmap(specs)
