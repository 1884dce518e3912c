"""Data sets that are not here yet: downloaded at a click, or taken in from somebody's own zip."""

from collections.abc import Callable, Generator
from pathlib import PurePath

import streamlit as st

from cnnlab.data import DatasetCard, obtain, take_in
from cnnlab.data.download import Progress
from cnnlab.data.own_images import FORMATS, MOST_CLASSES, SIDES, USUAL_SIDE
from cnnlab.spec import Refused
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.ui.visitor import visitor


def offer_download(card: DatasetCard) -> None:
    """A set that is not here, and the button that gets it."""
    with st.container(border=True, key="train.missing"):
        st.subheader(f"{plain(card.title)} is not on this machine yet", anchor=False)
        st.markdown(f"It is downloaded once for everybody here: {plain(card.source)}. Licence: {plain(card.licence)}.")
        pressed = st.button("Download", type="primary", icon=":material/download:", key="train.download")
        if pressed and _followed(obtain(card.name)):
            st.rerun()


@st.dialog("Your own images")
def take_in_images(choose: Callable[[str], None]) -> None:
    """Takes a zip of class folders; `choose` is told the name of the set that it became."""
    st.markdown(
        "Pack a folder for each class into a zip; the folder's name is the name of the class. Folders named train and"
        " test keep your own split. Everybody who uses this machine can choose the set; you can delete it again."
    )
    with st.expander("What it looks like"):
        st.code("pets.zip\n├─ cat\n│  ├─ 1.jpg\n│  └─ 2.jpg\n└─ dog\n   ├─ 1.jpg\n   └─ 2.jpg", language=None)
    uploaded = st.file_uploader("Zip of class folders", type="zip", key="train.zip")
    side = st.select_slider(
        "Image size",
        SIDES,
        value=USUAL_SIDE,
        format_func=lambda pixels: f"{pixels} × {pixels}",
        key="train.side",
        help="Each image is cropped to a square in its middle and resized. Small images train fast.",
    )
    st.caption(f"{', '.join(FORMATS)}; from 2 to {MOST_CLASSES} classes.")
    if st.button("Take them in", type="primary", disabled=uploaded is None, key="train.take_in", width="stretch"):
        assert uploaded is not None
        found: list[DatasetCard] = []
        if _followed(_into(found, take_in(uploaded, PurePath(uploaded.name).stem, side, owner=visitor()))):
            choose(found[0].name)
            st.rerun()


def _into(found: list[DatasetCard], steps: Generator[Progress, None, DatasetCard]) -> Generator[Progress, None, None]:
    found.append((yield from steps))


def _followed(steps: Generator[Progress, None, None]) -> bool:
    """Shows how far it is until it is done; False if it could not be done, which is then said."""
    bar = st.progress(0.0, "It begins …")
    try:
        for step in steps:
            bar.progress(step.done, verbatim(f"{step.sentence} …"))
    except Refused as refused:
        bar.empty()
        st.error(plain(str(refused)), icon=":material/error:")
        return False
    finally:
        steps.close()  # also when the visitor has left
    return True
