"""What browsers get of each component: its HTML and CSS, and its scripts as one module."""

import re
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

import cnnlab.ui.components
from cnnlab.ui.components.mount import component

NAMES = sorted(folder.parent.name for folder in Path(cnnlab.ui.components.__path__[0]).glob("*/*.html"))


@pytest.mark.parametrize("name", NAMES)
def test_the_scripts_are_one_module(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: dict[str, Any] = {}
    monkeypatch.setattr(st.components.v2, "component", lambda _, **given: texts.update(given))
    component(f"cnnlab.ui.components.{name}.{name}")
    assert "class=" in texts["html"]
    assert "{" in texts["css"]
    (entry,) = re.findall(r"^(?:import|export)\b.*", texts["js"], flags=re.MULTILINE)
    assert entry.startswith("export default function")
    constants = re.findall(r"^const (\w+) =", texts["js"], flags=re.MULTILINE)
    assert len(set(constants)) == len(constants)  # a name in two scripts would be declared twice


def test_every_component_is_tested() -> None:
    assert NAMES == [
        "announcement",
        "class_bars",
        "drawing",
        "gallery",
        "hints",
        "history_steps",
        "link_buttons",
        "live_chart",
        "number_table",
        "projector_switch",
        "reconnection",
        "ribbon",
        "sliders",
        "step_through",
    ]
