"""One forward pass without weights: what every layer gets, gives, multiplies and keeps."""

from cnnlab.walk.by_torch import mapped
from cnnlab.walk.copying import meta_copy
from cnnlab.walk.forward import depends_on_mode, walk, walk_inputs
from cnnlab.walk.layer import FLOAT_BYTES, IMAGE, Break, ForwardPass, Layer, bytes_of
from cnnlab.walk.rules.answer import Kept, Kind, Pair, Shape, Window
from cnnlab.walk.skeleton import skeleton

__all__ = [
    "FLOAT_BYTES",
    "IMAGE",
    "Break",
    "ForwardPass",
    "Kept",
    "Kind",
    "Layer",
    "Pair",
    "Shape",
    "Window",
    "bytes_of",
    "depends_on_mode",
    "mapped",
    "meta_copy",
    "skeleton",
    "walk",
    "walk_inputs",
]
