"""One forward pass without weights: what every layer gets, gives, multiplies and keeps."""

from cnnlab.walk.forward import depends_on_mode, walk
from cnnlab.walk.layer import FLOAT_BYTES, IMAGE, INDEX_BYTES, Break, Layer, Walk
from cnnlab.walk.rules import Kept, Kind, Pair, Shape, Window
from cnnlab.walk.skeleton import skeleton

__all__ = [
    "FLOAT_BYTES",
    "IMAGE",
    "INDEX_BYTES",
    "Break",
    "Kept",
    "Kind",
    "Layer",
    "Pair",
    "Shape",
    "Walk",
    "Window",
    "depends_on_mode",
    "skeleton",
    "walk",
]
