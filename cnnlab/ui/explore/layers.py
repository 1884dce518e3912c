"""The table of the layers of a network: what each costs, its share as a bar."""

from collections.abc import Callable

import streamlit as st

from cnnlab.analysis import Analysis
from cnnlab.words.numbers import exact, shape

_COLUMNS = ("name", "type", "output_shape", "params", "params_share", "macs", "macs_share", "activations")
"""In this order; on a screen of 1280 pixels the first seven are seen without scrolling."""

_NUMBERS = {"params": "Parameters", "macs": "MACs", "activations": "Activations", "receptive_field": "Receptive field"}


def show_layers(analysis: Analysis) -> None:
    """A row for each layer, which can be sorted by its numbers. The longest bar of a column is its largest share."""
    frame = analysis.layers
    shares = {"params_share": "Params %", "macs_share": "MACs %"}
    frame = frame.assign(
        output_shape=[shape(sides) for sides in frame["output_shape"]],
        **{name: (100 * frame[name]).round(1) for name in shares},
    )
    formats: dict[str, Callable[[int], str]] = dict.fromkeys(_NUMBERS, exact)
    st.dataframe(
        # A style, so that the digits are grouped as everywhere, and the numbers are still sorted as numbers.
        frame[[*_COLUMNS, "receptive_field"]].style.format(formats),
        hide_index=True,
        height=520,
        column_config={
            "name": st.column_config.TextColumn("Name", width=190),
            "type": st.column_config.TextColumn("Type", width=105),
            "output_shape": st.column_config.TextColumn("Output shape", width=112),
            **{name: st.column_config.NumberColumn(title, width=98) for name, title in _NUMBERS.items()},
            **{
                name: st.column_config.ProgressColumn(
                    title, format="%.1f %%", width=130, min_value=0, max_value=max(float(frame[name].max()), 0.1)
                )
                for name, title in shares.items()
            },
        },
    )
