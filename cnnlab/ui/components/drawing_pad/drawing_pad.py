"""A pad to draw on with a mouse, a pen, a thumb or the keyboard; networks answer while the pen moves, without a rerun.

The browser asks the answer route itself, and draws the bars.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from cnnlab.figures.palette import KIND_COLOURS, Theme
from cnnlab.ui.components.mount import component
from cnnlab.words.sentence import Sentence

_mount = component(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PadRun:
    """A run that answers: `letter` in `ink` on a square of `colour`, its name, and the names of its classes.

    The colour is that of its bars. A run alone needs no letter.
    """

    id: str
    name: str
    classes: Sequence[str]
    colour: str
    ink: str
    letter: str = ""


def drawing_pad(runs: Sequence[PadRun], access: Mapping[str, str], *, can_draw: bool, theme: Theme, key: str) -> None:
    """Shows the pad, and what each of the runs answers; only a photo or a file can be chosen unless `can_draw`.

    `access` says how the browser asks: the `path`, the `header` with its `token`, and the `type` of a drawing.
    """
    if can_draw:
        invitation = Sentence("Draw here")
        hint = Sentence("with the mouse, a pen or your thumb")
        label = Sentence("Drawing pad: the arrow keys move the pen, and the space bar lowers and lifts it")
    else:
        invitation = Sentence("Choose a photo")
        hint = Sentence("or drop a file here: its middle is what the network gets")
        label = Sentence("The photo or the file")
    _mount(
        data={
            "runs": [asdict(run) for run in runs],
            "can_draw": can_draw,
            "invitation": invitation,
            "hint": hint,
            "label": label,
            **access,
            "colours": {"pen": KIND_COLOURS[theme]["shortcut"]},
        },
        key=key,
        height="content",
    )
