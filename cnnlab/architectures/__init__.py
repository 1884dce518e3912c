"""The catalogue of families, oldest paper first; then custom networks, and torchvision's as references.

>>> [f"{family.title}, {family.paper.year}" for family in FAMILIES.values() if family.paper][:2]
['LeNet, 1998', 'AlexNet, 2012']
"""

from cnnlab.architectures.alexnet import ALEXNET
from cnnlab.architectures.base import Family, NetworkSpec, Paper, Published, TweakableSpec
from cnnlab.architectures.custom.network import CUSTOM
from cnnlab.architectures.densenet import DENSENET
from cnnlab.architectures.googlenet import GOOGLENET
from cnnlab.architectures.inception_v3 import INCEPTION_V3
from cnnlab.architectures.lenet import LENET
from cnnlab.architectures.mobilenet_v1 import MOBILENET_V1
from cnnlab.architectures.mobilenet_v2 import MOBILENET_V2
from cnnlab.architectures.mobilenet_v3 import MOBILENET_V3
from cnnlab.architectures.references import REFERENCES
from cnnlab.architectures.resnet import RESNET
from cnnlab.architectures.vgg import VGG_FAMILY
from cnnlab.architectures.xception import XCEPTION
from cnnlab.spec import Problem, Refused, Remedy, text_of
from cnnlab.words.sentence import Sentence
from cnnlab.words.suggest import did_you_mean, nearest_name

FAMILIES: dict[str, Family] = {
    "lenet": LENET,
    "alexnet": ALEXNET,
    "vgg": VGG_FAMILY,
    "googlenet": GOOGLENET,
    "inception_v3": INCEPTION_V3,
    "resnet": RESNET,
    "densenet": DENSENET,
    "xception": XCEPTION,
    "mobilenet_v1": MOBILENET_V1,
    "mobilenet_v2": MOBILENET_V2,
    "mobilenet_v3": MOBILENET_V3,
    "custom": CUSTOM,
    "torchvision": REFERENCES,
}


def preset_names() -> list[str]:
    """The names of all presets, family by family; of those that can only be read there are many more, in their family.

    >>> preset_names()[:3]
    ['lenet5_d2l', 'lenet5_tutorial', 'lenet5_rgb']
    """
    return [name for family in FAMILIES.values() if not family.is_read_only for name in family.presets]


def preset(name: str) -> NetworkSpec:
    """The spec of that name; raises `Refused` if there is none.

    >>> preset("resnet18").depths
    (2, 2, 2, 2)
    """
    for family in FAMILIES.values():
        if name in family.presets:
            return family.presets[name]
    # The first preset of each family, which are listed where none is similar, and then all.
    names = [next(iter(family.presets)) for family in FAMILIES.values()]
    names += [known for family in FAMILIES.values() for known in family.presets]
    sentence = Sentence("There is no preset {name!r}: {remedy}", name=name, remedy=did_you_mean(name, names))
    near = nearest_name(name, names)
    remedies = () if near is None else (Remedy("preset", near, None, Sentence("use {name}", name=near)),)
    raise Refused([Problem("preset", sentence, remedies=remedies)])


def family_of(spec: NetworkSpec) -> Family:
    """The family that the spec describes a member of."""
    return next(family for family in FAMILIES.values() if type(spec) is family.spec)


def name_of(spec: NetworkSpec) -> str:
    """The name of the preset that the spec is, or of the nearest one and what differs.

    >>> name_of(preset("resnet34").replace(width=48))
    'resnet34 with width=48'
    """
    presets = family_of(spec).presets
    nearest = min(presets, key=lambda name: len(spec.changes_from(presets[name])))
    changes = spec.changes_from(presets[nearest])
    written = ", ".join(f"{field}={text_of(value)}" for field, value in changes.items())
    return f"{nearest} with {written}" if written else nearest


__all__ = [
    "FAMILIES",
    "Family",
    "NetworkSpec",
    "Paper",
    "Published",
    "TweakableSpec",
    "family_of",
    "name_of",
    "preset",
    "preset_names",
]
