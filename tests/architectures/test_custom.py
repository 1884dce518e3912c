"""One's own network: its blocks, what they may follow, and the families' networks rebuilt from them."""

import pytest
import torch

from cnnlab.analysis import analyse
from cnnlab.architectures import FAMILIES, preset
from cnnlab.architectures.custom.blocks import BLOCKS
from cnnlab.architectures.custom.text import read_block, write_block
from cnnlab.building import build
from cnnlab.spec import Refused

START = preset("custom_mnist")


def why(*blocks: str) -> str:
    with pytest.raises(Refused) as caught:
        build(START.replace(blocks=blocks))
    return str(caught.value)


@pytest.mark.parametrize(("name", "original"), [("custom_lenet5", "lenet5_tutorial"), ("custom_vgg11", "vgg11")])
def test_rebuilt_from_blocks_a_network_gives_its_familys_numbers(name: str, original: str) -> None:
    ours, theirs = analyse(preset(name)), analyse(preset(original))
    assert (ours.params, ours.macs, ours.num_layers) == (theirs.params, theirs.macs, theirs.num_layers)
    assert ours.activation_bytes == theirs.activation_bytes


def test_with_the_same_weights_it_gives_the_same_answers() -> None:
    ours, theirs = build(preset("custom_lenet5")), build(preset("lenet5_tutorial"))
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
    images = torch.randn(2, 1, 32, 32)
    torch.testing.assert_close(ours(images), theirs(images), rtol=0, atol=0)


def test_one_preset_has_every_kind_of_block() -> None:
    spec = preset("custom_one_of_each")
    assert {text.split()[0] for text in spec.values["blocks"]} == BLOCKS.keys()  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", BLOCKS)
def test_a_block_reads_as_it_is_written(kind: str) -> None:
    block = BLOCKS[kind]()
    assert write_block(kind, block) == kind
    assert read_block(kind) == (kind, block)
    told = " ".join(f"{name}={setting.default}" for name, setting in BLOCKS[kind].settings().items())
    assert read_block(f"{kind} {told}") == (kind, block)
    assert block.idea.endswith(".")


def test_a_default_that_is_written_makes_no_other_network() -> None:
    assert START.replace(blocks=("pooling stride=2",)) == START.replace(blocks=("pooling",))


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        (["convoluton"], "Block 1: There is no block 'convoluton': did you mean convolution?"),
        (["tower"], "Block 1: There is no block 'tower': use convolution, "),
        ([""], "Block 1: There is no block '': use "),
        (["pooling", "dense"], "Block 2 (`dense`) needs a vector, and its input is maps: put a `flatten` before it."),
        (["flatten", "pooling"], "Block 2 (`pooling`) needs maps, and block 1 (`flatten`) made a vector of them: move"),
        (["pooling kernel_size=40"], "Block 1: `kernel_size` must be at most 31, and it is 40: use 1 to 31."),
        (["pooling kernel_size=3 padding=2"], "`padding` of a pooling must be at most half its window, 3 / 2, and it"),
        (["pooling kernel_size=2.5"], "Block 1: `kernel_size` must be a whole number, and it is '2.5'"),
        (["pooling big"], "Block 1: A value of a block is written name=value, and it is 'big': add a value."),
        (["flatten by=3"], "Block 1: `by` is not a knob of a flatten: leave it out."),
        (
            ["residual kernel_size=4"],
            "`kernel_size` must be odd where the result is added to the input, and it is 4: use",
        ),
        (["pooling"] * 5, "The map is 1x1 when it reaches `pooling5`, too small for its 2x2 window: use images of at"),
        (["pooling", "pooling kernel_size=20"], "or remove block 2."),
        (["pooling"] * 101, "`blocks` must have 0 to 100 values, and it has 101"),
    ],
)
def test_what_does_not_fit_has_its_sentence(blocks: list[str], words: str) -> None:
    assert words in why(*blocks)


def test_all_wrong_blocks_are_named_at_once() -> None:
    _, problems = type(START).check({**START.values, "blocks": ("pool", "pooling stride=0", "pooling", "dens")})
    assert [(problem.field, problem.index) for problem in problems] == [("blocks", 0), ("blocks", 1), ("blocks", 3)]


def test_without_blocks_it_is_a_linear_classifier() -> None:
    report = analyse(START.replace(blocks=()))
    assert (report.params, report.macs) == (28 * 28 * 10 + 10, 28 * 28 * 10)


def test_groups_that_do_not_divide_are_explained() -> None:
    spec = START.replace(blocks=("convolution", "convolution out_channels=30"), convolution="grouped", groups=4)
    report = analyse(spec)
    assert report.problem is not None
    assert report.problem.field == "groups"
    assert "set `groups` to 3 or 5" in report.problem.sentence or "30 / 4" in report.problem.sentence


def test_the_first_convolution_stays_standard_also_behind_a_pooling() -> None:
    spec = START.replace(blocks=("pooling", "convolution", "convolution"), convolution="depthwise_separable")
    kinds = [row.kind for row in analyse(spec).rows if row.macs]
    assert kinds == ["convolution", "depthwise", "pointwise", "dense"]


def test_the_family_has_no_paper() -> None:
    assert FAMILIES["custom"].paper is None
    assert FAMILIES["custom"].dated == "Build your own"
