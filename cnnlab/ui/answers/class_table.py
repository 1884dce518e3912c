"""How well each class is recognised."""

import pandas as pd
import streamlit as st

from cnnlab.ui.answers.found import EpochFound, FoundAnswers


def show_class_table(found: FoundAnswers, now: EpochFound) -> None:
    """Precision and recall of each class after the epoch, worked out only while the table is open."""
    box = st.expander(
        "Precision and recall of each class", icon=":material/table:", key="answers.classes", on_change="rerun"
    )
    if not box.open:
        return
    scores = [score for score in now.confusion.classes if score.label < len(found.given.class_names)]
    percent = st.column_config.NumberColumn(format="percent")
    with box:
        st.dataframe(
            pd.DataFrame(
                {
                    "class": [found.names[score.label] for score in scores],
                    "precision": [score.precision for score in scores],
                    "recall": [score.recall for score in scores],
                    "images": [score.num_images for score in scores],
                }
            ),
            hide_index=True,
            key="answers.scores",
            column_config={"precision": percent, "recall": percent},
        )
        st.caption(
            "Precision: the share of the images with this answer that are of the class. Recall: the share of the images"
            " of the class that have this answer."
        )
