"""A spec becomes a network; what breaks is named, and what is proposed works."""

import threading

import pytest
import torch
from hypothesis import HealthCheck, assume, example, given, settings

from cnnlab import building
from cnnlab.architectures import NetworkSpec, preset
from cnnlab.architectures.custom.network import CustomSpec
from cnnlab.building import arguments, build, diagnose
from cnnlab.spec import Problem, Refused
from cnnlab.walk.skeleton import skeleton
from tests.strategies import all_specs


def problem_of(name: str, **changes: object) -> Problem:
    """Why the changed preset cannot be built."""
    with pytest.raises(Refused) as caught:
        build(preset(name).replace(**changes))
    (problem,) = caught.value.problems
    return problem


def remedied(spec: NetworkSpec, problem: Problem) -> list[NetworkSpec]:
    """The spec with each of the remedies, all of which the sentence proposes."""
    for remedy in problem.remedies:
        rule, _, number = remedy.what.rpartition(" ")
        assert rule in problem.sentence
        assert number in problem.sentence
    return [type(spec)(**remedy.applied(spec.values)) for remedy in problem.remedies]


def custom_after_global_pooling(*blocks: str) -> NetworkSpec:
    """Blocks that get a map of one cell, whatever the size of the image."""
    return CustomSpec(image_size=24, blocks=("adaptive_pooling", *blocks))


def test_a_network_is_what_its_arguments_say() -> None:
    spec = preset("lenet5_tutorial").replace(channels=(4, 8), dense_widths=(32,), dropout=0.5)
    network = build(spec)
    assert network.features.conv2.weight.shape == (8, 4, 5, 5)
    assert network.classifier.dropout1.p == 0.5
    assert network.classifier.output.weight.shape == (10, 32)
    assert "image_size" in arguments(spec)
    assert "image_size" not in arguments(preset("resnet18"))


def test_building_is_torchs_own_initialisation() -> None:
    spec = preset("lenet5_tutorial")
    torch.manual_seed(7)
    first = build(spec).state_dict()
    torch.manual_seed(7)
    diagnose(spec)
    again = build(spec).state_dict()
    assert all(torch.equal(a, b) for a, b in zip(first.values(), again.values(), strict=True))
    bound = 1 / (1 * 25) ** 0.5
    assert first["features.conv1.weight"].abs().max() <= bound
    assert first["features.conv1.weight"].std() == pytest.approx(bound / 3**0.5, rel=0.2)


class TestBreaks:
    def test_a_kernel_larger_than_the_map(self) -> None:
        problem = problem_of("lenet5_tutorial", kernel_sizes=(5, 15))
        assert (problem.field, problem.index, problem.layer) == ("kernel_sizes", 1, "features.conv2")
        assert problem.sentence == (
            "The map is 14x14 when it reaches `features.conv2`, too small for its 15x15 window: use images of at least"
            " 36x36, or set `kernel_sizes[1]` to 13."
        )

    def test_a_pooling_without_a_map(self) -> None:
        problem = problem_of("lenet5_tutorial", kernel_sizes=(5, 14))
        assert problem.field == "num_pools"
        assert problem.layer == "features.pool2"
        assert "The map is 1x1 when it reaches `features.pool2`, too small for its 2x2 window" in problem.sentence

    def test_groups_that_do_not_divide(self) -> None:
        problem = problem_of("resnet18", convolution="grouped", groups=3)
        assert (problem.field, problem.layer) == ("groups", "stages.0.0.conv1")
        assert problem.sentence == (
            "`groups` must divide the channels of `stages.0.0.conv1`: 64 / 3 is not a whole number: set `groups` to 2"
            " or 4."
        )

    def test_an_even_kernel_under_a_shortcut(self) -> None:
        problem = problem_of("resnet18", kernel_size=4)
        assert (problem.field, problem.layer) == ("kernel_size", "stages.0.0")
        assert problem.sentence.endswith(
            "cannot add its input, 56x56, to its result, 58x58: set `kernel_size` to 3 or 5."
        )
        assert diagnose(preset("resnet18").replace(kernel_size=4, shortcut="none")) is None

    def test_groups_do_not_matter_where_nothing_is_grouped(self) -> None:
        assert diagnose(preset("resnet18").replace(groups=3)) is None

    def test_every_remedy_works(self) -> None:
        seen: set[str] = set()

        @settings(max_examples=80, suppress_health_check=list(HealthCheck))
        @given(all_specs())
        @example(custom_after_global_pooling("convolution out_channels=24 padding=0"))
        @example(custom_after_global_pooling(*2 * ("convolution out_channels=24 padding=0",)))
        def follow(spec: NetworkSpec) -> None:
            problem = diagnose(spec)
            assume(problem is not None)
            assert problem is not None
            assert problem.layer
            seen.add(problem.field)
            specs = remedied(spec, problem)
            assert specs, problem.sentence
            for changed in specs:
                left = diagnose(changed)
                # Blocks after a removed one take its number.
                is_removed = len(changed.values.get("blocks", ())) < len(spec.values.get("blocks", ()))  # type: ignore[arg-type]
                assert left is None or is_removed or (left.layer, left.field) != (problem.layer, problem.field), (
                    problem.sentence
                )

        follow()
        assert {"groups", "kernel_sizes"} <= seen

    def test_an_auxiliary_head_that_only_training_has(self) -> None:
        """At 75 pixels the network itself has a map for each window, and the head beside it has not."""
        problem = problem_of("inception_v3", image_size=75)
        assert (problem.field, problem.layer) == ("aux", "auxiliary.pool")
        assert problem.sentence == (
            "The map is 3x3 when it reaches `auxiliary.pool`, too small for its 5x5 window: use images of at least"
            " 299x299, or set `aux` to false."
        )
        assert diagnose(preset("inception_v3").replace(image_size=75, aux=False)) is None
        assert diagnose(preset("inception_v3").replace(image_size=74, aux=False)) is not None

    def test_one_network_is_tried_with_all_image_sizes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        built = []

        def counted(*given: object) -> torch.nn.Module:
            built.append(given)
            return skeleton(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(building, "skeleton", counted)
        problem = problem_of("inception_v3", image_size=61, aux=False, width_multiplier=0.5)
        assert problem.sentence.endswith("use images of at least 75x75.")
        assert len(built) == 2

    def test_blocks_that_cannot_work_are_removed_one_by_one(self) -> None:
        spec = custom_after_global_pooling(*2 * ("convolution out_channels=24 padding=0",))
        for _ in range(2):
            problem = diagnose(spec)
            assert problem is not None
            assert problem.sentence.endswith("too small for its 3x3 window: remove block 2.")
            (spec,) = remedied(spec, problem)
        assert diagnose(spec) is None

    def test_a_remedy_exists_even_far_away(self) -> None:
        assert problem_of("resnet18", convolution="grouped", groups=1000).sentence.endswith("set `groups` to 64.")

    def test_where_two_things_break_the_first_is_mended(self) -> None:
        problem = problem_of("lenet5_tutorial", channels=(6, 15), kernel_sizes=(5, 20), convolution="grouped")
        assert problem.sentence.endswith("15 / 2 is not a whole number: set `groups` to 1 or 3.")


def test_torch_agrees_about_what_breaks() -> None:
    """What is refused for its shapes fails in torch too, at the named layer; what is not refused runs in both modes."""

    @settings(max_examples=80, suppress_health_check=list(HealthCheck))
    @given(all_specs())
    def compare(spec: NetworkSpec) -> None:
        problem = diagnose(spec)
        if problem is None:
            network = build(spec)
            for training in (False, True):
                network.train(training)(_images(spec, training=training))
        else:
            assert problem.layer
            assert not _runs(spec)

    compare()


def _images(spec: NetworkSpec, *, training: bool) -> torch.Tensor:
    """A small batch: of one image where nothing is trained, as a drawn digit is."""
    return torch.zeros(1 + training, spec.in_channels, spec.image_size, spec.image_size)


def _runs(spec: NetworkSpec) -> bool:
    """Whether torch itself passes images through the network that the spec describes, in both modes."""
    from cnnlab.architectures import family_of

    try:
        network = family_of(spec).network(**arguments(spec))
        for training in (False, True):
            network.train(training)(_images(spec, training=training))
    except (RuntimeError, ValueError):
        return False
    return True


def test_diagnosing_in_other_threads_leaves_a_network_alone() -> None:
    """A walk makes layers without weights; a network that is built meanwhile in another thread has all of its own."""
    stop = threading.Event()

    def walk() -> None:
        width = 8
        while not stop.is_set():
            diagnose(preset("resnet20_cifar").replace(width=width))
            width = 8 + (width + 1) % 500

    threads = [threading.Thread(target=walk) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            network = build(preset("resnet20_cifar"))
            assert all(p.device.type == "cpu" for p in network.parameters())
            assert all(p.std() > 0 for p in network.parameters() if p.dim() > 1)
            assert network(torch.randn(2, 3, 32, 32)).isfinite().all()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
