"""Numbers by which networks are compared: those of the analysis, and accuracies told apart by their data set."""

import pytest

from cnnlab.analysis import analyse
from cnnlab.analysis.comparison.table import frame
from cnnlab.analysis.entries import Entry, Reached, entry_of, published, published_entries
from cnnlab.analysis.measures import MEASURES, TRAINING_BATCH, TRAINING_OPTIMIZER, accuracies, known_measures
from cnnlab.analysis.memory import training_memory
from cnnlab.architectures import FAMILIES, Published, preset
from cnnlab.spec import Refused


def told(name: str, dataset: str = "ImageNet", *, top1: float | None = None, top5: float | None = None) -> Entry:
    paper = Published(dataset=dataset, top1=top1, top5=top5, source="table 1")
    return Entry(name=name, analysis=analyse(preset(name)), published=paper)


def test_measures_are_those_of_the_analysis() -> None:
    one, report = entry_of(preset("resnet18")), analyse(preset("resnet18"))
    for name in ("params", "macs", "flops", "activation_bytes", "weight_bytes", "num_layers", "receptive_field"):
        assert MEASURES[name].of(one) == getattr(report, name)
    assert MEASURES["image_size"].of(one) == 224
    assert MEASURES["year"].of(one) == 2015
    training = training_memory(report, batch_size=TRAINING_BATCH, optimizer=TRAINING_OPTIMIZER)
    assert MEASURES["training_bytes"].of(one) == training.total
    assert "32 images and Adam" in MEASURES["training_bytes"].help


def test_the_time_is_a_measure_once_it_is_known() -> None:
    without, timed = entry_of(preset("lenet5_tutorial")), entry_of(preset("lenet5_tutorial"), latency=0.002)
    assert "latency" not in known_measures([without])
    assert known_measures([without, timed])["latency"].of(timed) == 0.002
    rows = frame([timed, entry_of(preset("resnet18"), latency=0.05)])
    assert rows["latency"].tolist() == [0.002, 0.05]


def test_a_network_that_breaks_is_refused() -> None:
    with pytest.raises(Refused, match="too small"):
        entry_of(preset("lenet5_tutorial").replace(image_size=8))


def test_accuracies_on_different_data_are_different_measures() -> None:
    entries = [
        told("resnet18", top1=69.8, top5=89.1),
        told("alexnet", top1=56.5),
        told("resnet20_cifar", "CIFAR-10", top1=91.25),
        entry_of(preset("vgg11_mnist"), name="mine", reached=Reached(dataset="digits", accuracy=97.5)),
    ]
    known = accuracies(entries)
    assert list(known) == ["top1_imagenet", "top1_cifar_10", "top5_imagenet", "run_digits"]
    assert [known["top1_imagenet"].of(one) for one in entries] == [69.8, 56.5, None, None]
    assert [known["top5_imagenet"].of(one) for one in entries] == [89.1, None, None, None]
    assert [known["run_digits"].of(one) for one in entries] == [None, None, None, 97.5]


def test_only_a_preset_as_it_is_has_published_accuracies() -> None:
    own = [family for family in FAMILIES.values() if not family.is_read_only]
    assert sum(bool(family.published) for family in own) > 5
    for family in own:
        for name in list(family.published)[:3]:
            assert published(family.presets[name]) == family.published[name]
            assert published(family.presets[name].replace(num_classes=7)) is None


def test_every_published_accuracy_of_the_lab_is_found() -> None:
    entries = published_entries("MNIST")
    names = {name for family in FAMILIES.values() if not family.is_read_only for name in family.published}
    assert {one.name for one in entries} < names
    assert entries
    assert all(one.published is not None and one.published.dataset == "MNIST" for one in entries)


def test_the_frame_has_the_baselines_ratios_and_the_accuracies() -> None:
    entries = [told("resnet18", top1=69.8), told("resnet34", top1=73.3), entry_of(preset("alexnet_mnist"))]
    rows = frame(entries, baseline=1)
    assert rows["macs_ratio"].tolist() == pytest.approx((rows["macs"] / rows["macs"].iloc[1]).tolist())
    assert rows["top1_imagenet"].iloc[:2].tolist() == [69.8, 73.3]
    assert rows["top1_imagenet"].isna().tolist() == [False, False, True]
