"""A table to be read from afar: large numbers with a word below each, and a letter in its colour before each row.

It is a table of the page's own language, so it can be searched, copied and read aloud; buttons in a row say which was
pressed.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import streamlit as st

Tone = Literal["good", "bad", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`note` stands below `text`, in the colour of its tone; `help` appears when the pointer rests on it."""

    text: str
    note: str = ""
    tone: Tone = "none"
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A button of a row: `name` is what the caller gets, `label` what is read."""

    name: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`letter` in a field of `colour`, written in `ink`, then the name; a tag says something special about the row."""

    name: str
    cells: Sequence[Cell]
    note: str = ""
    tag: str = ""
    letter: str = ""
    colour: str = ""
    ink: str = ""
    is_quiet: bool = False
    actions: Sequence[Action] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A title, and what it means."""

    title: str
    help: str = ""


_HTML = """
<div class="number-table"></div>
"""

_CSS = """
/* Where columns are out of sight, a shadow at the edge says so. */
.number-table { overflow-x: auto; color: var(--st-text-color); font-family: var(--st-font); container-type: inline-size;
  background:
    linear-gradient(to left, var(--st-background-color) 30%, transparent) right / 3rem 100% no-repeat local,
    linear-gradient(to left, color-mix(in srgb, var(--st-gray-color) 35%, transparent), transparent) right / 1rem 100%
      no-repeat scroll; }
.number-table table { border-collapse: separate; border-spacing: 0; width: 100%; font-variant-numeric: tabular-nums; }
.number-table caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.number-table th, .number-table td { padding: 0.55rem 0.5rem; text-align: right; vertical-align: middle;
  border-top: 1px solid var(--st-border-color); white-space: nowrap; }
.number-table thead :is(th, td) { border-top: 0; }
.number-table thead th { white-space: normal; vertical-align: bottom; font-size: 0.95rem; font-weight: 500;
  padding-top: 0.1rem; }
.number-table th:first-child { text-align: left; padding-left: 0.1rem; position: sticky; left: 0; z-index: 1;
  background: var(--st-background-color); white-space: normal; min-width: 13rem; }
.number-table .head { display: flex; gap: 0.65rem; align-items: center; }
.number-table .letter { flex: none; width: 1.9rem; height: 1.9rem; border-radius: 7px; display: grid;
  place-items: center; font-weight: 750; font-size: 1.05rem; }
.number-table .name { font-weight: 650; font-size: 1.02rem; overflow-wrap: anywhere; }
.number-table .note { font-weight: 450; font-size: 0.9rem; color: var(--st-gray-text-color); }
.number-table .name + .note { overflow-wrap: anywhere; }
@container (max-width: 76rem) {
  .number-table th, .number-table td { padding-left: 0.3rem; padding-right: 0.3rem; }
  .number-table th:first-child { min-width: 11.5rem; }
  .number-table .value { font-size: 1.1rem; }
}
@container (max-width: 45rem) { .number-table th:first-child { min-width: 9.5rem; } }
.number-table .tag { display: inline-block; font-weight: 600; font-size: 0.82rem; padding: 0.05rem 0.5rem;
  border-radius: 1rem; border: 1px solid currentColor; white-space: nowrap; color: var(--st-gray-text-color); }
.number-table .value { font-weight: 650; font-size: 1.18rem; }
.number-table .quiet .value, .number-table .quiet .name { font-weight: 450; font-size: 1rem; }
.number-table .value + .note { font-size: 1.05rem; }
.number-table .quiet .value + .note { font-size: 0.9rem; }
.number-table .quiet td { white-space: normal; min-width: 7rem; }
.number-table .good { color: var(--st-green-text-color); font-weight: 600; }
.number-table .bad { color: var(--st-orange-text-color); font-weight: 600; }
.number-table .actions { display: flex; gap: 0.3rem; margin-left: -0.4rem; }
.number-table button { font: inherit; font-size: 0.82rem; font-weight: 450; color: var(--st-gray-text-color);
  background: none; cursor: pointer; border: 1px solid transparent; border-radius: var(--st-button-radius);
  padding: 0.05rem 0.4rem; min-height: 1.6rem; white-space: nowrap; }
.number-table button:hover { border-color: var(--st-primary-color); color: var(--st-link-color); }
.number-table button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
"""

_JS = """
const element = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
};

const headOf = (row, press) => {
  const cell = element("th");
  cell.scope = "row";
  const head = element("div", "head");
  if (row.letter) {
    const letter = element("span", "letter", row.letter);
    letter.style.background = row.colour;
    letter.style.color = row.ink;
    head.append(letter);
  }
  const words = element("div");
  const name = element("div", "name");
  for (const part of row.name.split(/(?<=_)/)) name.append(part, element("wbr"));
  if (row.tag) name.append(" ", element("span", "tag", row.tag));
  words.append(name);
  if (row.note) {
    const note = element("div", "note");
    for (const part of row.note.split(/(?<=[_=,.])/)) note.append(part, element("wbr"));
    words.append(note);
  }
  if (row.actions.length) {
    const buttons = element("div", "actions");
    for (const action of row.actions) buttons.append(buttonOf(action, row, () => press(action.name)));
    words.append(buttons);
  }
  head.append(words);
  cell.append(head);
  return cell;
};

const cellOf = (cell) => {
  const made = element("td");
  made.append(element("div", "value", cell.text));
  if (cell.note) made.append(element("div", `note ${cell.tone}`, cell.note));
  if (cell.help) made.title = cell.help;
  return made;
};

const buttonOf = (action, row, press) => {
  const made = element("button", "", action.label);
  made.type = "button";
  made.setAttribute("aria-label", `${action.label}: ${row.letter} ${row.name}`);
  made.onclick = press;
  return made;
};

// What each place shows: drawing it anew would take the keyboard and the marked text away.
const drawn = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".number-table");
  const text = JSON.stringify(data);
  if (drawn.get(place) === text) return;
  drawn.set(place, text);
  const table = element("table");
  table.append(element("caption", "", data.caption));
  const top = element("tr");
  for (const column of data.columns) {
    const title = element("th", "", column.title.replaceAll("-", "‑")); // a hyphen at which no line is broken
    title.scope = "col";
    if (column.help) title.title = column.help;
    top.append(title);
  }
  const thead = element("thead");
  thead.append(top);
  const tbody = element("tbody");
  data.rows.forEach((row, index) => {
    const line = element("tr", row.is_quiet ? "quiet" : "");
    const press = (name) => setTriggerValue("pressed", { name, row: index });
    line.append(headOf(row, press), ...row.cells.map(cellOf));
    tbody.append(line);
  });
  table.append(thead, tbody);
  place.setAttribute("role", "region");
  place.setAttribute("aria-label", data.caption);
  place.tabIndex = 0; // it scrolls where the page is narrow
  place.replaceChildren(table);
}
"""

_mount: Any = st.components.v2.component("cnnlab_number_table", html=_HTML, css=_CSS, js=_JS, isolate_styles=False)


def number_table(columns: Sequence[Column], rows: Sequence[Row], *, caption: str, key: str) -> tuple[str, int] | None:
    """Shows the table, and returns the action that was just pressed with the place of its row, or None.

    The first column is the rows' names.
    """
    data = {"caption": caption, "columns": [asdict(c) for c in columns], "rows": [asdict(row) for row in rows]}
    pressed = _mount(data=data, key=key, on_pressed_change=lambda: None, height="content").pressed
    return (str(pressed["name"]), int(pressed["row"])) if pressed else None
