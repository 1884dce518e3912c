"""CNN Lab as a library: classic convolutional networks to pick, change, read and train.

>>> import cnnlab
>>> spec = cnnlab.preset("lenet5_tutorial").replace(channels=(8, 16))  # a new frozen spec, checked
>>> network = cnnlab.build(spec)  # a plain nn.Module
>>> report = cnnlab.analyse(spec)  # .params, .macs, .activation_bytes, .layers (a data frame); of a module too
>>> print(cnnlab.summary(spec))  # torchinfo's text
=====...
>>> table = cnnlab.compare("lenet5_tutorial", spec, "resnet20_cifar")  # a data frame; the first is the baseline
>>> for event in cnnlab.train(spec, cnnlab.Recipe(dataset="digits", epochs=1)):
...     pass  # curves, in this process; cnnlab.submit(...) leaves it to a process of its own
>>> f"{event.test_accuracy:.1f}"
'0.9'
>>> code = cnnlab.export_code(spec)  # PyTorch code of exactly this network

Nothing is imported until it is used, so that `import cnnlab` is quick: see `_HOMES` for where each name lives.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnlab.analysis import analyse, compare, summary
    from cnnlab.architectures import FAMILIES, preset, preset_names
    from cnnlab.building import build
    from cnnlab.export import export_code
    from cnnlab.insight.answers.confusion import confusion
    from cnnlab.insight.attribution import grad_cam, integrated_gradients, occlusion, saliency
    from cnnlab.insight.field import effective_field
    from cnnlab.insight.maps import feature_maps
    from cnnlab.insight.one_step import backward_graph, one_step
    from cnnlab.runs import submit
    from cnnlab.runs.results.answers import answers
    from cnnlab.spec import Refused
    from cnnlab.training import Recipe, train

__all__ = [
    "FAMILIES",
    "Recipe",
    "Refused",
    "analyse",
    "answers",
    "backward_graph",
    "build",
    "compare",
    "confusion",
    "effective_field",
    "export_code",
    "feature_maps",
    "grad_cam",
    "integrated_gradients",
    "occlusion",
    "one_step",
    "preset",
    "preset_names",
    "saliency",
    "submit",
    "summary",
    "train",
]

_HOMES = {
    "FAMILIES": "cnnlab.architectures",
    "Recipe": "cnnlab.training",
    "Refused": "cnnlab.spec",
    "analyse": "cnnlab.analysis",
    "answers": "cnnlab.runs.results.answers",
    "backward_graph": "cnnlab.insight.one_step",
    "build": "cnnlab.building",
    "compare": "cnnlab.analysis",
    "confusion": "cnnlab.insight.answers.confusion",
    "effective_field": "cnnlab.insight.field",
    "export_code": "cnnlab.export",
    "feature_maps": "cnnlab.insight.maps",
    "grad_cam": "cnnlab.insight.attribution",
    "integrated_gradients": "cnnlab.insight.attribution",
    "occlusion": "cnnlab.insight.attribution",
    "one_step": "cnnlab.insight.one_step",
    "preset": "cnnlab.architectures",
    "preset_names": "cnnlab.architectures",
    "saliency": "cnnlab.insight.attribution",
    "submit": "cnnlab.runs",
    "summary": "cnnlab.analysis",
    "train": "cnnlab.training",
}
"""The module of each name."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
