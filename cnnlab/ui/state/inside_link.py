"""The parameters of a link to the Inside page: which run, after which epoch, which image, which layer."""


def inside_parameters(
    run_id: str, *, epoch: int | None = None, image: int | None = None, layer: str | None = None
) -> dict[str, str]:
    """For `query_params` of a link; what is None is left out, and the page chooses.

    `image` is the number of a test image, from 0, in the order of `cnnlab.answers`.

    >>> inside_parameters("ab12", epoch=3, image=412)
    {'run': 'ab12', 'epoch': '3', 'image': '412'}
    """
    found = {"run": run_id, "epoch": epoch, "image": image, "layer": layer}
    return {name: str(value) for name, value in found.items() if value is not None}
