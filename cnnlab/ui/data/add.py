"""Data sets that are not on this machine yet: downloaded, or imported from a visitor's zip."""

from collections.abc import Callable, Generator
from functools import partial
from pathlib import PurePath

import streamlit as st

from cnnlab.data import DATASETS, DatasetCard, download_dataset, import_images, is_available
from cnnlab.data.importing.own_images import DEFAULT_IMAGE_SIZE, IMAGE_SIZES
from cnnlab.data.importing.pictures import FORMATS
from cnnlab.data.importing.zip_images import MAX_CLASSES, MIN_IMAGES_PER_CLASS
from cnnlab.data.progress import Progress
from cnnlab.data.similar import difference, most_similar
from cnnlab.spec import Refused
from cnnlab.ui.markdown import plain, verbatim
from cnnlab.ui.visitors.visitor import visitor


def offer_download(card: DatasetCard, use: Callable[[DatasetCard], None]) -> None:
    """A button that downloads the set, and one that calls `use` with the most similar one that is here."""
    here = [other for other in DATASETS.values() if is_available(other.name)]
    instead = most_similar(card, here) if here else None
    with st.container(border=True, key="train.missing"):
        st.header(f"{plain(card.title)} is not on this machine yet", anchor=False)
        st.markdown(
            f"It is downloaded once for all users of this machine: {plain(card.source)}. Licence:"
            f" {plain(card.licence)}."
        )
        with st.container(horizontal=True, gap="small"):
            pressed = st.button("Download", type="primary", icon=":material/download:", key="train.download")
            if instead is not None:
                label = f"Use {plain(instead.title)} instead"
                st.button(label, icon=":material/swap_horiz:", key="train.instead", on_click=partial(use, instead))
        if instead is not None:
            st.caption(plain(f"{instead.title} is on this machine. {difference(card, instead)}"))
        if pressed and _completed(download_dataset(card.name)):
            st.rerun()


@st.dialog("Your own images")
def show_import(choose: Callable[[str], None]) -> None:
    """A dialog that imports a zip of class folders; `choose` gets the name of the new set."""
    st.markdown(
        "Create a zip with one folder for each class, named after the class. Folders named train, validation and test"
        " keep your own split. All users of this machine can select the data set; you can delete it again."
    )
    with st.expander("Example"):
        st.code("pets.zip\n├─ cat\n│  ├─ 1.jpg\n│  └─ 2.jpg\n└─ dog\n   ├─ 1.jpg\n   └─ 2.jpg", language=None)
    uploaded = st.file_uploader("Zip of class folders", type="zip", key="train.zip")
    side = st.select_slider(
        "Image size",
        IMAGE_SIZES,
        value=DEFAULT_IMAGE_SIZE,
        format_func=lambda pixels: f"{pixels} × {pixels}",
        key="train.side",
        help="Each image is center-cropped to a square and resized. Networks train faster on small images.",
    )
    st.caption(
        f"{', '.join(FORMATS)}; from 2 to {MAX_CLASSES} classes of at least {MIN_IMAGES_PER_CLASS} images; at most"
        f" {st.get_option('server.maxUploadSize')} MB. The command line imports larger files:"
        " `python -m cnnlab data pets.zip`."
    )
    if st.button("Import", type="primary", disabled=uploaded is None, key="train.take_in", width="stretch"):
        assert uploaded is not None
        found: list[DatasetCard] = []
        steps = import_images(uploaded, PurePath(uploaded.name).stem, side, owner=visitor())
        if _completed(_appended(found, steps)):
            choose(found[0].name)
            st.rerun()


def _appended(
    found: list[DatasetCard], steps: Generator[Progress, None, DatasetCard]
) -> Generator[Progress, None, None]:
    found.append((yield from steps))


def _completed(steps: Generator[Progress, None, None]) -> bool:
    """Runs the steps with a progress bar; False if they were refused, with the error on the page."""
    bar = st.progress(0.0, "Starting …")
    try:
        for step in steps:
            bar.progress(step.done, verbatim(f"{step.sentence} …"))
    except Refused as refused:
        bar.empty()
        st.error(plain(refused.titled), icon=":material/error:")
        return False
    finally:
        steps.close()  # also when the visitor has left
    return True
