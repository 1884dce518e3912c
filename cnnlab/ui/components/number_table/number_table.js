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
  for (const part of row.name.split(/(?<=[_.])/)) name.append(part, element("wbr"));
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

// A button that explains its column, for the mouse, the keyboard and the thumb.
const helpOf = (column) => {
  const words = element("div", "words", column.help);
  words.popover = "auto";
  const button = element("button", "help", "?");
  button.type = "button";
  button.setAttribute("aria-label", `Help for ${column.title}`);
  button.popoverTargetElement = words;
  words.addEventListener("toggle", (event) => {
    button.setAttribute("aria-expanded", event.newState === "open");
    if (event.newState !== "open") return;
    const { left, bottom } = button.getBoundingClientRect();
    words.style.left = `${Math.max(8, Math.min(left, window.innerWidth - words.offsetWidth - 8))}px`;
    words.style.top = `${bottom + 6}px`;
  });
  return [button, words];
};

// What each node shows: drawing it again would lose the focus and the selected text.
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
    if (column.help) title.append(" ", ...helpOf(column));
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
