"""The answers of networks to the same images, checked before they are counted."""

import numpy as np
import numpy.typing as npt

from cnnlab.insight.refusals import refused
from cnnlab.words.sentence import Sentence


def checked_answers(num_classes: int | None = None, **columns: npt.ArrayLike) -> list[npt.NDArray[np.int64]]:
    """The columns by their names, each a class for each image, as arrays (N,); classes are below `num_classes`.

    Raises `Refused` if one is no row of whole numbers, is empty, or has another length than the first.
    """
    if num_classes is not None and num_classes < 2:
        raise refused(
            "num_classes", "`num_classes` must be at least 2, and it is {value}: use 2 or more.", value=num_classes
        )
    arrays = {name: _classes(name, column, num_classes) for name, column in columns.items()}
    first, *others = arrays
    for other in others:
        if len(arrays[other]) != len(arrays[first]):
            raise refused(
                other,
                "`{other}` must be as long as `{first}`, {count}, and its length is {length}: use the same images in"
                " the same order.",
                other=other,
                first=first,
                count=len(arrays[first]),
                length=len(arrays[other]),
            )
    return list(arrays.values())


def _classes(name: str, column: npt.ArrayLike, num_classes: int | None) -> npt.NDArray[np.int64]:
    array = np.asarray(column)
    if array.ndim != 1 or not len(array) or array.dtype.kind not in "iu":
        raise refused(
            name,
            "`{name}` must be a row of whole numbers, one for each image, and it has the shape {shape} and the type"
            " {dtype}: use the class of each image.",
            name=name,
            shape=array.shape,
            dtype=str(array.dtype),
        )
    wrong = array[(array < 0) | (array >= (np.inf if num_classes is None else num_classes))]
    if len(wrong):
        limit = (
            Sentence("0 or more") if num_classes is None else Sentence("from 0 to {highest}", highest=num_classes - 1)
        )
        raise refused(
            name,
            "`{name}` must be {limit}, and one is {value}: use the number of each image's class.",
            name=name,
            limit=limit,
            value=int(wrong[0]),
        )
    return array.astype(np.int64)
