const REST = 250; // milliseconds without a move after which a thumb that is held rests

const setText = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};

const setValue = (input, value) => {
  if (input.value !== String(value)) input.value = value;
};

// Of a row with stops, the slider counts them.
const nearestStop = (stops, value) => {
  const distance = stops.map((stop) => Math.abs(Math.log(stop / Math.max(value, Number.MIN_VALUE))));
  return distance.indexOf(Math.min(...distance));
};

const valueOfSlider = (row, range) => (row.stops.length ? row.stops[range.valueAsNumber] : range.valueAsNumber);

// A sentence in which names between backticks are code.
const sentenceOf = (text) => {
  const made = document.createElement("div");
  text.split("`").forEach((part, i) => {
    const node = i % 2 ? document.createElement("code") : document.createTextNode("");
    node.textContent = part;
    made.append(node);
  });
  return made;
};

const drawProblems = (node, row, put) => {
  const text = JSON.stringify(row.problems);
  if (node.dataset.drawn === text) return;
  node.dataset.drawn = text;
  node.replaceChildren(
    ...row.problems.flatMap((problem) => [
      sentenceOf(problem.sentence),
      ...problem.remedies.map((remedy) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = remedy;
        button.onclick = () => put(remedy);
        return button;
      }),
    ]),
  );
};

// What the slider and the number show, as it moves and when the server has a new value.
const showValue = (node, row, value) => {
  const range = node.querySelector("[type=range]");
  setValue(node.querySelector("[type=number]"), value);
  if (range.hidden) return;
  setValue(range, row.stops.length ? nearestStop(row.stops, value) : value);
  const reached = (range.valueAsNumber - Number(range.min)) / (Number(range.max) - Number(range.min) || 1);
  range.style.setProperty("--reached", reached);
  range.setAttribute("aria-valuetext", value);
};

const changed = (row, value) => row.usual !== null && value !== row.usual;

const showMark = (node, row, isChanged) => {
  setText(node.querySelector("label"), isChanged ? `${row.title} •` : row.title);
  node.querySelector(".slider-reset").classList.toggle("offered", isChanged);
};

// Streamlit names the elements of its widgets so.
const className = (key, part) => `st-key-${key.replace(/[^\w-]/g, "-")}-${part}`;

export const makeRow = (template, key) => {
  const node = template.content.firstElementChild.cloneNode(true);
  const id = className(key, "slider");
  node.querySelector(".slider-track").classList.add(id);
  node.querySelector(".slider-number").classList.add(className(key, "number"));
  node.querySelector(".slider-reset").classList.add(className(key, "reset"));
  node.querySelector("[type=range]").id = `${id}-range`;
  node.querySelector("[type=number]").id = `${id}-typed`;
  node.querySelector(".slider-tip").id = `${id}-tip`;
  return node;
};

const describe = (node, row) => {
  const [label, help, range, number, reset, tip] = [
    "label", ".slider-help", "[type=range]", "[type=number]", ".slider-reset button", ".slider-tip",
  ].map((selector) => node.querySelector(selector));
  const slides = row.low !== null;
  label.htmlFor = slides ? range.id : number.id;
  range.setAttribute("aria-label", row.title);
  number.setAttribute("aria-label", slides ? `${row.title}, as a number` : row.title);
  number.step = row.step;
  if (row.limits) [number.min, number.max] = row.limits;
  range.hidden = !slides;
  if (slides) {
    range.min = row.stops.length ? 0 : row.low;
    range.max = row.stops.length ? row.stops.length - 1 : row.high;
    range.step = row.stops.length ? 1 : row.step;
  }
  help.hidden = !row.help;
  help.setAttribute("aria-label", `Help on ${row.title}`);
  help.setAttribute("aria-describedby", tip.id);
  setText(tip, row.help);
  reset.setAttribute("aria-label", `Reset ${row.title}`);
  reset.title = `Back to ${row.usual}`;
};

// `put` sends a value, the text of a remedy, or null, which takes the change back; and whether a thumb only passes it.
export const drawRow = (node, row, { isLive, isWaiting, put }) => {
  const range = node.querySelector("[type=range]"), number = node.querySelector("[type=number]");
  const shape = JSON.stringify({ ...row, value: 0, problems: [] });
  if (node.dataset.shape !== shape) describe(node, row);
  node.dataset.shape = shape;
  const move = (value) => {
    showValue(node, row, value);
    showMark(node, row, changed(row, value));
  };
  if (!isWaiting && node.dataset.held !== "true") move(row.value);
  drawProblems(node.querySelector(".slider-problems"), row, put);
  range.oninput = () => {
    node.dataset.held = !isLive;
    const value = valueOfSlider(row, range), isDragged = node.dataset.dragged === "true";
    move(value);
    clearTimeout(node.resting);
    if (isLive) put(value, isDragged);
    if (isLive && isDragged) node.resting = setTimeout(() => put(value), REST);
  };
  range.onpointerdown = () => {
    node.dataset.dragged = true;
  };
  range.onkeydown = () => {
    node.dataset.dragged = false;
  };
  range.onchange = () => {
    clearTimeout(node.resting);
    if (!isLive || node.dataset.dragged === "true") put(valueOfSlider(row, range));
    node.dataset.held = node.dataset.dragged = false;
  };
  number.oninput = () => {
    node.dataset.held = true;
  };
  number.onchange = () => {
    if (row.limits && !number.reportValidity()) return;
    node.dataset.held = false;
    const value = number.valueAsNumber;
    if (Number.isNaN(value)) move(row.value);
    else {
      move(value);
      put(value);
    }
  };
  number.onblur = () => {
    if (node.dataset.held !== "true") return;
    node.dataset.held = false;
    move(row.value);
  };
  node.querySelector(".slider-reset button").onclick = () => {
    move(row.usual);
    put(null);
    (range.hidden ? number : range).focus();
  };
  const help = node.querySelector(".slider-help");
  help.onkeydown = (event) => {
    if (event.key === "Escape") help.blur();
  };
};
