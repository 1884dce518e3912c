"""What every family promises, at the smallest size that is still the real code; and the numbers that papers print."""

import contextlib
import inspect
import io
from collections import Counter

import pytest
import torch
import torchvision
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from torch import nn

from cnnlab.analysis import analyse
from cnnlab.architectures import FAMILIES, Family, NetworkSpec, family_of, name_of, preset, preset_names
from cnnlab.building import arguments, build
from cnnlab.export import export_code
from cnnlab.spec import Refused
from tests.strategies import any_values, specs

EXAMPLES = {"lenet": 300, "resnet": 300}
USUAL_EXAMPLES = 15
SWEEPS = (300, 20_000)
"""How many random values a family is tried with: by its name, else usually; and in sweeps."""

EXPORTED = 10
"""Of so many examples, one is a spec whose exported code is run."""

BUILT = {"lenet": 0.3, "resnet": 0.3, "inception_v3": 0.07}
USUALLY_BUILT, USUALLY_REFUSED = 0.2, 0.05
"""The share of them that must make a network, and that must be refused, so that both are tried."""

D2L = "Zhang et al., Dive into Deep Learning"
TORCHVISION = "torchvision's documentation"
PAPER = "He et al. 2015, table 6"
PREACTIVATION_PAPER = "He et al. 2016, table 4"
WIDE_PAPER = "Zagoruyko and Komodakis 2016, tables 4 and 5"
DENSE_PAPER = "Huang et al. 2016, table 2"
OURS = "no paper: our own small form, written down so that it does not change unnoticed"

LENET_DENSE = 400 * 120 + 120 * 84 + 84 * 10

GOLDEN: list[tuple[str, int, int | None, str]] = [
    ("lenet5_d2l", 61_706, 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + LENET_DENSE, D2L),
    ("lenet5_tutorial", 61_706, 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + LENET_DENSE, "PyTorch's tutorial"),
    ("lenet5_rgb", 59_386, 28 * 28 * 6 * 75 + 10 * 10 * 16 * 150 + 120 * 400 + 120 * 64 + 64 * 10, "the course notes"),
    ("alexnet", 61_100_840, 714_188_480, TORCHVISION),
    ("alexnet_2012", 60_965_224, 724_406_816, "Krizhevsky et al. 2012, figure 2"),
    ("alexnet_mnist", 380_042, None, "counted"),
    ("vgg11", 132_863_336, None, TORCHVISION),
    ("vgg11_bn", 132_868_840, None, TORCHVISION),
    ("vgg13", 133_047_848, None, TORCHVISION),
    ("vgg13_bn", 133_053_736, None, TORCHVISION),
    ("vgg16", 138_357_544, 15_470_264_320, TORCHVISION),
    ("vgg16_bn", 138_365_992, 15_470_264_320, TORCHVISION),
    ("vgg16_c", 133_638_952, None, "Simonyan and Zisserman 2014, table 2"),
    ("vgg19", 143_667_240, None, TORCHVISION),
    ("vgg19_bn", 143_678_248, None, TORCHVISION),
    ("vgg11_mnist", 316_842, None, "counted"),
    ("googlenet", 6_998_552, 1_582_671_872, "Szegedy et al. 2014, table 1; with biases as in Caffe's bvlc_googlenet"),
    ("googlenet_torchvision", 6_624_904, 1_498_376_192, TORCHVISION),
    ("googlenet_mnist", 378_658, None, "counted"),
    ("inception_v3", 27_161_264, 5_713_216_096, TORCHVISION),
    ("inception_v3_mnist", 346_758, None, "counted"),
    ("resnet18", 11_689_512, 1_814_073_344, TORCHVISION),
    ("resnet34", 21_797_672, None, TORCHVISION),
    ("resnet50", 25_557_032, 4_089_184_256, TORCHVISION),
    ("resnet101", 44_549_160, None, TORCHVISION),
    ("resnet152", 60_192_808, None, TORCHVISION),
    ("resnext50_32x4d", 25_028_904, 4_230_479_872, TORCHVISION),
    ("wide_resnet50_2", 68_883_240, 11_398_021_120, TORCHVISION),
    ("densenet121", 7_978_856, 2_834_161_664, TORCHVISION),
    ("densenet161", 28_681_000, None, TORCHVISION),
    ("densenet169", 14_149_480, None, TORCHVISION),
    ("densenet201", 20_013_928, None, TORCHVISION),
    ("densenet_bc22_k12_mnist", 71_254, 23_578_314, OURS),
    ("xception", 22_855_952, 8_357_403_496, "Chollet 2016, table 3"),
    ("xception_mnist", 77_922, 6_198_176, OURS),
    ("mobilenet_v1", 4_231_976, 568_740_352, "Howard et al. 2017, table 4, which prints 4.2 M and 569 M"),
    ("mobilenet_v1_standard_conv", 29_294_088, 4_867_293_184, "the same, which prints 29.3 M and 4866 M"),
    ("mobilenet_v1_mnist", 36_874, 3_290_944, OURS),
    ("mobilenet_v2", 3_504_872, 300_774_272, TORCHVISION),
    ("mobilenet_v2_mnist", 45_738, 4_599_936, OURS),
    ("mobilenet_v3_large", 5_483_032, 216_589_760, TORCHVISION),
    ("mobilenet_v3_small", 2_542_856, 56_510_400, TORCHVISION),
    ("mobilenet_v3_mnist", 85_466, 4_337_080, OURS),
    ("resnet8_mnist", 75_002, 9_145_216, OURS),
    ("resnet18_d2l", 11_178_378, None, D2L),
    ("custom_lenet5", 61_706, 28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + LENET_DENSE, "lenet5_tutorial"),
    ("custom_vgg11", 132_863_336, 7_609_090_048, "vgg11"),
    ("custom_mnist", 105_866, 1_117_056, OURS),
    ("custom_one_of_each", 102_674, 7_967_008, OURS),
]
"""Preset, parameters, multiply-accumulates (where the source has them), source."""

ROUNDED = [
    ("resnet20_cifar", 0.27, PAPER),
    ("resnet32_cifar", 0.46, PAPER),
    ("resnet44_cifar", 0.66, PAPER),
    ("resnet56_cifar", 0.85, PAPER),
    ("resnet110_cifar", 1.7, PAPER),
    ("resnet110_preact_cifar", 1.7, PREACTIVATION_PAPER),
    ("resnet164_preact_cifar", 1.7, PREACTIVATION_PAPER),
    ("wrn40_4_cifar", 8.9, WIDE_PAPER),
    ("wrn28_10_cifar", 36.5, WIDE_PAPER),
    ("densenet40_k12_cifar", 1.0, DENSE_PAPER),
    ("densenet100_k12_cifar", 7.0, DENSE_PAPER),
    ("densenet100_k24_cifar", 27.2, DENSE_PAPER),
    ("densenet_bc100_k12_cifar", 0.8, DENSE_PAPER),
    ("densenet_bc250_k24_cifar", 15.3, DENSE_PAPER),
    ("densenet_bc190_k40_cifar", 25.6, DENSE_PAPER),
]
"""Preset, parameters in millions with the digits that its paper prints, source."""


@pytest.mark.parametrize(("name", "params", "macs", "source"), GOLDEN, ids=[row[0] for row in GOLDEN])
def test_golden_numbers(name: str, params: int, macs: int | None, source: str) -> None:
    report = analyse(preset(name))
    assert report.params == params, source
    assert macs in (None, report.macs), source


@pytest.mark.parametrize(("name", "millions", "source"), ROUNDED, ids=[row[0] for row in ROUNDED])
def test_params_of_the_cifar_form_to_the_digits_of_the_paper(name: str, millions: float, source: str) -> None:
    digits = len(str(millions).partition(".")[2])
    assert round(analyse(preset(name)).params / 1e6, digits) == millions, source


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_macs_and_params_that_torchvision_publishes(depth: int) -> None:
    weights = torchvision.models.get_model_weights(f"resnet{depth}")["IMAGENET1K_V1"]
    report = analyse(preset(f"resnet{depth}"))
    assert report.params == weights.meta["num_params"]
    assert round(report.macs / 1e9, 3) == weights.meta["_ops"]


OWN = [family for family in FAMILIES.values() if not family.is_read_only]


@pytest.mark.parametrize("name", [name for family in OWN for name in family.published])
def test_published_figures_are_of_presets_and_those_of_torchvision_are_what_it_says(name: str) -> None:
    family = family_of(preset(name))
    reported = family.published[name]
    assert name in family.presets
    assert 0 < (reported.top1 or 50) < (reported.top5 or 100) <= 100
    if reported.source.startswith("torchvision"):
        weights = torchvision.models.get_model_weights(name.removesuffix("_torchvision"))["IMAGENET1K_V1"]
        assert weights.meta["_metrics"]["ImageNet-1K"] == {"acc@1": reported.top1, "acc@5": reported.top5}


def test_every_preset_has_golden_numbers() -> None:
    assert {row[0] for row in GOLDEN} | {row[0] for row in ROUNDED} == set(preset_names())


@pytest.mark.parametrize("name", preset_names())
def test_the_built_network_has_the_announced_parameters(name: str) -> None:
    network = build(preset(name))
    assert sum(p.numel() for p in network.parameters()) == analyse(preset(name)).params
    assert network.training
    assert all(p.dtype == torch.float32 and p.device.type == "cpu" for p in network.parameters())


def test_lenet5_tutorial_has_ten_parameter_tensors() -> None:
    assert len(list(build(preset("lenet5_tutorial")).parameters())) == 10


def test_stages_of_resnet18_d2l() -> None:
    network = build(preset("resnet18_d2l")).eval()
    shapes = []
    for stage in network.stages:
        stage.register_forward_hook(lambda _module, _inputs, output: shapes.append(tuple(output.shape[1:])))
    with torch.no_grad():
        network(torch.zeros(1, 1, 224, 224))
    assert shapes == [(64, 56, 56), (128, 28, 28), (256, 14, 14), (512, 7, 7)]


@pytest.mark.parametrize("depth", [18, 34, 50])
def test_resnet_is_torchvisions(depth: int) -> None:
    """Weights that are not the initial ones, mapped in the order of the state dicts, give the same answers."""
    theirs = getattr(torchvision.models, f"resnet{depth}")(weights=None)
    ours = build(preset(f"resnet{depth}"))
    state = theirs.state_dict()
    for name, tensor in state.items():
        if name.endswith(("running_mean", "bias")):
            tensor.normal_(0, 0.1)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
    theirs.load_state_dict(state)
    assert [t.shape for t in ours.state_dict().values()] == [t.shape for t in state.values()]
    ours.load_state_dict(dict(zip(ours.state_dict(), state.values(), strict=True)))
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(ours.eval()(images), theirs.eval()(images), rtol=1e-5, atol=1e-5)


def test_a_preactivated_residual_network_only_adds_to_what_the_stem_gives() -> None:
    """With every function at zero, what reaches the head is the stem's result: nothing else is on the way."""
    network = build(preset("resnet110_preact_cifar").replace(depths=(4,))).eval()
    stage = network.stages[0]
    assert [type(block.activate).__name__ for block in stage][:2] == ["Identity", "Sequential"]
    for block in stage:
        nn.init.zeros_(block.function.conv2.weight)
    activated = network.stem(torch.randn(2, 3, 32, 32))
    assert torch.equal(stage(activated), activated)


@pytest.mark.parametrize("family", OWN, ids=lambda family: family.name)
class TestFamily:
    def test_the_spec_has_the_networks_arguments(self, family: Family) -> None:
        parameters = inspect.signature(family.network).parameters
        assert set(parameters) | {"image_size"} == set(family.spec.model_fields)
        assert all(p.kind is p.KEYWORD_ONLY and p.default is p.empty for p in parameters.values())

    def test_it_says_what_it_is(self, family: Family) -> None:
        assert family.idea.endswith(".")
        assert family.introduced.endswith(".")
        if family.paper is not None:
            assert family.paper.link.startswith("https://")
            assert 1980 < family.paper.year < 2030
            assert family.paper.authors
            assert family.paper.title

    def test_a_small_preset_is_there(self, family: Family) -> None:
        assert family.small in family.presets
        assert family.presets[family.small].image_size <= 32

    def test_presets_are_of_the_family_and_know_their_names(self, family: Family) -> None:
        for name, spec in family.presets.items():
            assert type(spec) is family.spec
            assert preset(name) is spec
            assert name_of(spec) == name

    @pytest.mark.parametrize("sweep", [None, *(pytest.param(n, marks=pytest.mark.sweep) for n in SWEEPS)])
    def test_random_values_build_and_learn_or_are_refused(self, family: Family, sweep: int | None) -> None:
        outcomes: Counter[str] = Counter()
        examples = sweep or EXAMPLES.get(family.name, USUAL_EXAMPLES)

        @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
        @given(any_values(family.spec))
        def try_values(values: dict[str, object]) -> None:
            outcomes[_outcome(family.spec, values)] += 1

        try_values()
        assert outcomes["built"] > 0
        # Among a few examples all may be valid; shares say something from some hundreds on.
        if examples >= min(SWEEPS):
            assert outcomes["built"] >= examples * BUILT.get(family.name, USUALLY_BUILT)
            assert outcomes["refused"] >= examples * USUALLY_REFUSED

    def test_exported_code_stands_on_its_own(self, family: Family) -> None:
        examples = max(EXAMPLES.get(family.name, USUAL_EXAMPLES) // EXPORTED, 5)

        @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
        @given(specs(family), st.integers(0, 2**31))
        def export(spec: NetworkSpec, seed: int) -> None:
            assume(analyse(spec).problem is None)
            network = build(spec).eval()
            namespace: dict[str, object] = {}
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                exec(export_code(spec), namespace)
            exported = namespace["network"]
            assert isinstance(exported, nn.Module)
            assert printed.getvalue() == ""
            assert {n: t.shape for n, t in exported.state_dict().items()} == {
                n: t.shape for n, t in network.state_dict().items()
            }
            exported.load_state_dict(network.state_dict())
            generator = torch.Generator().manual_seed(seed)
            images = torch.randn(2, spec.in_channels, spec.image_size, spec.image_size, generator=generator)
            with torch.no_grad():
                assert torch.equal(exported.eval()(images), network(images))

        export()


def _outcome(kind: type[NetworkSpec], values: dict[str, object]) -> str:
    """Try to make, build and train a network once; it works as announced, or is refused with sentences."""
    try:
        spec = kind(**values)
        network = build(spec)
    except Refused as refused:
        _check_sentences(kind, refused)
        return "refused"

    report = analyse(spec)
    assert report.problem is None
    assert not report.unknown
    assert arguments(spec).keys() <= spec.values.keys()
    assert report.params == sum(p.numel() for p in network.parameters())
    assert report.output_shape == (spec.num_classes,)

    images = torch.randn(2, spec.in_channels, spec.image_size, spec.image_size)
    with torch.no_grad():
        assert network.eval()(images).shape == (2, spec.num_classes)
    answer = network.train()(images)
    answers = answer if isinstance(answer, tuple) else (answer,)
    assert {logits.shape for logits in answers} == {(2, spec.num_classes)}
    assert (len(answers) > 1) == (report.auxiliary_params > 0) == (spec.values.get("aux") is True)
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)
    sum(nn.functional.cross_entropy(logits, torch.tensor([0, 1])) for logits in answers).backward()
    optimizer.step()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.isfinite().all(), name
    return "built"


def _check_sentences(kind: type[NetworkSpec], refused: Refused) -> None:
    assert refused.problems
    for problem in refused.problems:
        assert problem.field in kind.model_fields
        assert problem.sentence.endswith(".")
        assert len(problem.sentence.split()) > 5
