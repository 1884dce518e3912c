"""The knobs of numbers on a page without a browser: what their rows show, and what follows when one is moved."""

import json
from dataclasses import dataclass
from typing import Any

from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest


@dataclass
class Number:
    """A row of sliders; `shown` is what the browser is given."""

    test: AppTest
    component: str
    key: str
    shown: dict[str, Any]

    @property
    def value(self) -> float:
        return self.shown["value"]

    def put(self, *changes: object) -> AppTest:
        """The page after the row was moved to each of these values: a number, the text of a remedy, or None."""
        return _send(self.test, self.component, self.key, *changes)

    def drag(self, *changes: object) -> AppTest:
        """The page after its thumb has passed these values."""
        component = next(found for found, data in _components(self.test) if "rows" not in data)
        return _send(self.test, component, self.key, *changes)


def _send(page: AppTest, component: str, key: str, *changes: object) -> AppTest:
    request = {"id": repr(changes), "changes": [[key, change] for change in changes]}
    states = page._tree.get_widget_states()
    event = json.dumps([{"event": "moved", "value": request}])
    states.widgets.append(WidgetState(id=_make_trigger_id(component, "events"), json_trigger_value=event))
    page = page._run(states)
    assert request["id"] in [data["answered"] for _, data in _components(page)]
    return page


def _components(test: AppTest) -> list[tuple[str, dict[str, Any]]]:
    found = [(element.proto.id, json.loads(element.proto.json or "{}")) for element in test.get("bidi_component")]
    return [(component, data) for component, data in found if "answered" in data]


def number_rows(test: AppTest) -> dict[str, Number]:
    """All rows of the page, by key."""
    return {
        row["key"]: Number(test, component, row["key"], row)
        for component, data in _components(test)
        for row in data.get("rows", ())
    }


def number(test: AppTest, key: str) -> Number:
    return number_rows(test)[key]
