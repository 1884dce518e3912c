"""Operations that no network of the lab has: their rows are what torch counts and keeps of them."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cnnlab.analysis.receptive_field import receptive_fields
from cnnlab.walk import ForwardPass, meta_copy, walk_inputs
from tests.autograd import really_kept_bytes


class Calls(nn.Module):
    """A convolution, and then whatever a function makes of its map and of a parameter of that shape."""

    def __init__(self, function, weight: tuple[int, ...] = (), *, side: int = 8) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.weight = nn.Parameter(torch.zeros(weight))
        self.function, self.side = function, side

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.function(self.conv(x), self.weight)
        return found


def walked(network: nn.Module, shape: tuple[int, ...] = (1, 3, 8, 8), *, training: bool = True) -> ForwardPass:
    copied = meta_copy(network).train(training)
    return walk_inputs(copied, (torch.empty(shape, device="meta"),), {})


def macs(found: ForwardPass) -> int:
    return sum(row.macs for row in found.layers)


def really_counted(network: nn.Module, shape: tuple[int, ...] = (1, 3, 8, 8)) -> int:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        meta_copy(network)(torch.empty(shape, device="meta"))
    return counter.get_total_flops() // 2


def tokens(x: Tensor) -> Tensor:
    return x.flatten(2).transpose(1, 2)


OPERATIONS = {
    "conv1d": (lambda x, w: F.conv1d(x.flatten(2), w, stride=2, padding=1), (4, 8, 3)),
    "conv3d": (lambda x, w: F.conv3d(x[:, :, None], w, padding=(0, 1, 1), groups=2), (4, 4, 1, 3, 3)),
    "conv_transpose1d": (lambda x, w: F.conv_transpose1d(x.flatten(2), w, stride=2), (8, 4, 3)),
    "conv_transpose2d": (lambda x, w: F.conv_transpose2d(x, w, None, 2, 1, 1, 2, 1), (8, 4, 3, 3)),
    "conv_transpose3d": (lambda x, w: F.conv_transpose3d(x[:, :, None], w, stride=(1, 2, 2)), (8, 4, 1, 2, 2)),
    "an even kernel, padded to the same size": (lambda x, w: F.conv2d(x, w, padding="same"), (4, 8, 4, 3)),
    "linear at each position": (lambda x, w: F.linear(x.flatten(2).transpose(1, 2), w), (4, 8)),
    "linear over patches in place of the batch": (lambda x, w: F.linear(x.reshape(64, 8), w), (4, 8)),
    "matmul with a parameter": (lambda x, w: tokens(x) @ w, (8, 5)),
    "matmul of two maps": (lambda x, w: tokens(x) @ tokens(x).mT * w, ()),
    "bmm": (lambda x, w: torch.bmm(tokens(x), x.flatten(2)) + w, ()),
    "baddbmm": (lambda x, w: torch.baddbmm(w, tokens(x), x.flatten(2)), (64, 64)),
    "einsum": (lambda x, w: torch.einsum("bchw,cd->bdhw", x, w), (8, 6)),
    "attention": (lambda x, w: F.scaled_dot_product_attention(tokens(x), tokens(x), tokens(x)) * w, ()),
    "sigmoid and a product": (lambda x, w: x * (x.mean((2, 3), keepdim=True) * w).sigmoid(), (8, 1, 1)),
    "sum": (lambda x, w: x.sum((2, 3)) * w, ()),
    "interpolate": (lambda x, w: F.interpolate(x, scale_factor=2.0, mode="bilinear") * w, ()),
    "norm": (lambda x, w: F.normalize(x, dim=1) * w, ()),
    "divide and subtract": (lambda x, w: (x - x.amax(1, keepdim=True)) / (w + 2), (8, 1, 1)),
    "powers": (lambda x, w: x.pow(3) + x.square() * w, ()),
    "variance": (lambda x, w: (x - x.mean(1, True)) * torch.rsqrt(x.var(1, keepdim=True) + 1e-5) * w, ()),
    "addcmul": (lambda x, w: torch.addcmul(x, x, x * w), ()),
    "broadcasting": (lambda x, w: x + w, (1, 8, 1, 1)),
    "broadcasting of a map": (lambda x, w: x * w + x.mean((2, 3), keepdim=True), ()),
    "leaky ReLU in place": (lambda x, w: F.leaky_relu(x * w, 0.1, inplace=True), (8, 1, 1)),
    "SiLU in place": (lambda x, w: F.silu(x * w, inplace=True), (8, 1, 1)),
    "reflect padding": (lambda x, w: F.pad(x * 2, (1, 1, 1, 1), mode="reflect") * w, (8, 1, 1)),
    "blur pooling": (
        lambda x, w: F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), w, stride=2, groups=8),
        (8, 1, 3, 3),
    ),
    "weight standardisation": (
        lambda x, w: F.conv2d(x, F.batch_norm(w.reshape(1, 4, -1), None, None, training=True).reshape_as(w)),
        (4, 8, 3, 3),
    ),
    "assigned parts": (lambda x, w: torch.zeros_like(x).index_copy(1, torch.arange(8, device=x.device), x) * w, ()),
    "masks": (lambda x, w: torch.where(x > 0, x, w).masked_fill(x > 1, 0.0), ()),
}


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_costs_what_torch_says(name: str) -> None:
    network = Calls(*OPERATIONS[name])
    found = walked(network)
    assert found.broken is None
    assert not found.unknown
    assert macs(found) == really_counted(network)
    assert sum(row.params for row in found.layers) == sum(p.numel() for p in network.parameters())
    kept = sum(row.kept_bytes for row in found.layers)
    assert kept == really_kept_bytes(meta_copy(network), torch.empty(1, 3, 8, 8, device="meta"))
    output = meta_copy(network)(torch.empty(1, 3, 8, 8, device="meta"))
    assert math.prod(found.layers[-1].output_shape) == output.numel()


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_recurrent_layers(kind: type[nn.RNNBase]) -> None:
    network = kind(8, 16, num_layers=2, batch_first=True, bidirectional=True)
    found = walked(network, (1, 5, 8))
    (row,) = found.layers
    assert not found.unknown
    assert row.macs == really_counted(network, (1, 5, 8)) > 0
    assert (row.input_shape, row.output_shape) == ((5, 8), (5, 32))
    assert row.params == sum(p.numel() for p in network.parameters())


def test_attention_as_torch_has_it() -> None:
    network = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
    found = walked(network, (1, 9, 16), training=False)
    assert macs(found) == really_counted(network.eval(), (1, 9, 16))
    assert sum(row.params for row in found.layers) == sum(p.numel() for p in network.parameters())
    assert [row.mixes for row in found.layers].count(True) == 1


class _Lists(nn.Module):
    def forward(self, maps: list[Tensor], *, scale: tuple[Tensor, ...]) -> dict[str, Tensor]:
        return {"sum": maps[0] * scale[0] + maps[1]}


class _GivesLists(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.join = nn.Conv2d(3, 4, 1), _Lists()

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        found: Tensor = self.join([y, y], scale=(y,))["sum"]
        return found


def test_leaves_may_get_lists_and_give_dictionaries() -> None:
    found = walked(_GivesLists())
    assert [(row.type, row.output_shape) for row in found.layers] == [("Conv2d", (4, 8, 8)), ("_Lists", (4, 8, 8))]


def test_a_branch_that_depends_on_values_is_a_break() -> None:
    found = walked(Calls(lambda x, w: x * w if x.sum() > 0 else x))
    assert found.broken is not None
    assert (found.broken.rule, found.broken.function) == ("data", "__bool__")


def test_wrong_channels_are_a_break() -> None:
    found = walked(nn.Sequential(nn.Conv2d(4, 8, 3)))
    assert found.broken is not None
    assert (found.broken.rule, found.broken.have, found.broken.need) == ("channels", 3, 4)


def test_a_frozen_layer_keeps_only_what_gradients_pass_through() -> None:
    network = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 4))
    for layer in (network[0], network[2]):
        layer.requires_grad_(requires_grad=False)
    found = walked(network, (1, 8))
    real = really_kept_bytes(meta_copy(network), torch.empty(1, 8, device="meta"))
    assert sum(row.kept_bytes for row in found.layers) == real


def test_the_field_of_a_transposed_convolution() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ConvTranspose2d(4, 4, 2, stride=2), nn.Conv2d(4, 4, 3))
    fields = receptive_fields(walked(network, (1, 3, 33, 33)).layers)
    assert [field.stride for field in fields] == [(2, 2), (1, 1), (1, 1)]
    assert [field.size for field in fields] == [(3, 3), (3, 3), (5, 5)]


def test_attention_sees_the_whole_image() -> None:
    attention = OPERATIONS["attention"]
    fields = receptive_fields(walked(Calls(*attention)).layers)
    assert [field.is_whole for field in fields] == [False, True, True]
