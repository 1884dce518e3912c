// The window as it moves: step by step, by a click, by keys, or by itself; and a kernel as it is typed.

import { columnsOf, placeOf, work } from "./arithmetic.js";
import { drawChoices, drawProducts, drawScene, drawWindow, make, ROOM, written } from "./drawing.js";

const REST = 300;  // milliseconds after which a window that moved counts as resting
const NUMBER = /^[+-]?(\d{1,4}(\.\d{0,6})?|\.\d{1,6})(\/0*[1-9]\d{0,3})?$/;
const PLAY = "▶ Play", PAUSE = "⏸ Pause";

// For each place on the page: what is shown there, and where its window stands.
const views = new WeakMap();

const sentence = (view, { parts, addends, result, num_counted }) => {
  const { combine, kernel } = view.stage, count = kernel[0] * kernel[1];
  const terms = (texts) => texts.join(" + ").replaceAll("+ −", "− ");
  if (combine === "max") return "the maximum of the window";
  if (combine === "mean") return `${written(result * num_counted)} / ${num_counted}`;
  const added = addends.map(({ name, value }) => `${written(value)} (${name})`);
  const products = parts.flatMap((part) => part.products.flat());
  if (products.length <= 9) return terms([...products.map(written), ...added]);
  if (parts.length > 1) return terms([...parts.map((part) => written(part.sum)), ...added]);
  return terms([added.length ? `${written(parts[0].sum)} (${count} products)` : `the sum of ${count} products`, ...added]);
};

const move = (view, place) => {
  const count = view.output.values.flat().length;
  view.place = Math.max(0, Math.min(count - 1, place));
  view.reveal = view.place === count - 1 ? Infinity : Math.max(view.reveal, view.place);
  const at = placeOf(view), worked = work(view.stage, view.taps, at), { result } = worked;
  drawWindow(view, at);
  drawProducts(view, worked.parts);
  const answer = view.node.querySelector(".output svg");
  for (const cell of answer.querySelectorAll(".cell")) {
    const later = cell.dataset.place > view.reveal;
    cell.classList.toggle("later", later);
    if (cell.nextSibling?.classList.contains("number")) cell.nextSibling.classList.toggle("later", later);
  }
  const [top, left] = view.stage.origin, where = `Row ${top + at.row + 1}, column ${left + at.column + 1}`;
  answer.setAttribute("aria-valuenow", view.place + 1);
  answer.setAttribute("aria-valuetext", `${where}: ${written(result)}`);
  const line = view.node.querySelector(".result");
  line.replaceChildren(`${where}: ${sentence(view, worked)} = `, make("b", {}, written(result)));
};

const stop = (view) => {
  clearTimeout(view.timer);
  view.timer = undefined;
  view.node.querySelector(".play").textContent = PLAY;
  view.node.querySelector(".result").setAttribute("aria-live", "polite");
  note(view);
};

// One place on; behind the last one, the next output, and behind the last of those, the next stage.
const tick = (view) => {
  const { stage, output } = view.index;
  if (view.place < view.output.values.flat().length - 1) move(view, view.place + 1);
  else if (output < view.stage.outputs.length - 1) show(view, { output: output + 1 }, 0);
  else if (stage < view.data.stages.length - 1) show(view, { stage: stage + 1, output: 0 }, 0);
  else { stop(view); return; }
  wait(view);
};

const wait = (view) => {
  const perSecond = 2 ** Number(view.node.querySelector(".speed input").value);
  view.timer = setTimeout(() => tick(view), 1000 / perSecond);
};

const play = (view) => {
  if (view.timer !== undefined) { stop(view); return; }
  view.node.querySelector(".play").textContent = PAUSE;
  // A screen reader does not read every position while the window moves.
  view.node.querySelector(".result").setAttribute("aria-live", "off");
  if (view.reveal === Infinity) show(view, {}, 0);
  wait(view);
};

// The position with the strongest result: shown before a button is pressed.
const strongest = (map) => {
  const values = map.values.flat().map(Math.abs);
  return values.indexOf(Math.max(...values));
};

// Where the window stands goes into the address once it rests there, so that a link shows the same place.
const note = (view) => {
  view.isMoved = true;
  clearTimeout(view.resting);
  if (view.timer === undefined) view.resting = setTimeout(() => writeAddress(view), REST);
};

const writeAddress = (view) => {
  if (!view.data.in_address) return;
  const address = new URL(window.location.href), { row, column } = placeOf(view), { stage, output } = view.index;
  const place = { step: stage, map: output, row, column };
  for (const [name, index] of Object.entries(place)) {
    // The first step and the first map need not be named.
    if (index > 0 || name === "row" || name === "column") address.searchParams.set(name, index + 1);
    else address.searchParams.delete(name);
  }
  window.history.replaceState(window.history.state, "", address);
};

// Shows a stage and one of its outputs; from `start` on, if given, with the rest of the result still to come.
const show = (view, change, start) => {
  Object.assign(view.index, change);
  view.stage = view.data.stages[view.index.stage];
  view.output = view.stage.outputs[view.index.output];
  view.taps = view.stage.taps[view.index.output];
  view.isSeveral = view.taps.length > 1;
  // A depthwise step has one filter, whose slices are for its outputs.
  const { filters, stages } = view.data;
  view.filter = view.index.stage === 0 ? filters[stages.length > 1 ? 0 : view.index.output] : undefined;
  view.reveal = start ?? Infinity;
  drawChoices(view, (change) => { stop(view); show(view, change); });
  drawScene(view);
  move(view, start ?? view.place);
};

const begin = (node) => {
  const view = { node, index: { stage: 0, output: 0 }, place: undefined, reveal: Infinity, width: node.clientWidth };
  views.set(node, view);
  // Slowly where the system asks for reduced motion.
  if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) node.querySelector(".speed input").value = 0;
  view.observer = new ResizeObserver(() => {
    if (Math.abs(node.clientWidth - view.width) < ROOM || !node.clientWidth) return;
    view.width = node.clientWidth;
    drawScene(view);
    move(view, view.place);
  });
  view.observer.observe(node);
  return view;
};

// The first filter as text, with what is written in its boxes; null where that is no number.
const kernelText = (view) => {
  const slices = view.data.filters[0].map((slice) => slice.map((row) => row.map(String)));
  let isRight = true;
  for (const input of view.node.querySelectorAll(".kernel input")) {
    const { channel, row, column } = input.dataset, shown = input.value.trim(), text = shown.replace("−", "-");
    const isNumber = NUMBER.test(text);
    input.setAttribute("aria-invalid", !isNumber);
    input.title = isNumber ? "" : "Write a number such as 2, -0.5 or 1/9.";
    isRight &&= isNumber;
    // A box shows fewer digits than its number has.
    if (shown !== input.defaultValue) slices[channel][row][column] = text;
  }
  return isRight ? slices.map((slice) => slice.map((row) => row.join(" ")).join("; ")).join(" | ") : null;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".step-through");
  const view = views.get(node) ?? begin(node);
  const isNew = JSON.stringify(view.data) !== JSON.stringify(data);
  // After Back or Forward, the address names another place.
  const isPlaced = data.start && JSON.stringify(view.data?.start) !== JSON.stringify(data.start);
  view.data = data;
  if (isNew) {
    const focused = [...node.querySelectorAll(".kernel input")].indexOf(document.activeElement);
    view.index.stage = Math.min(view.index.stage, data.stages.length - 1);
    view.index.output = Math.min(view.index.output, data.stages[view.index.stage].outputs.length - 1);
    if (isPlaced) {
      const { step, map, row, column } = data.start;
      view.index = { stage: step - 1, output: map - 1 };
      view.place = (row - 1) * columnsOf(data.stages[step - 1].outputs[map - 1]) + column - 1;
      view.isMoved = true;
    }
    view.place ??= strongest(data.stages[0].outputs[0]);
    show(view, {});
    // Another picture is another address, to which the place belongs as well.
    if (view.isMoved) note(view);
    if (focused >= 0) node.querySelectorAll(".kernel input")[focused]?.focus();
  }
  const on = (name, act) => { node.querySelector(name).onclick = act; };
  const go = (place) => { stop(view); move(view, place); };
  on(".first", () => go(0));
  on(".back", () => go(view.place - 1));
  on(".next", () => go(view.place + 1));
  on(".last", () => go(Infinity));
  on(".play", () => play(view));
  node.querySelector(".scene").onclick = (event) => {
    const cell = event.target.closest(".output .cell");
    if (cell) go(Number(cell.dataset.place));
  };
  node.onkeydown = (event) => {
    if (!event.target.closest(".output svg")) return;
    const wide = columnsOf(view.output), { row } = placeOf(view);
    const act = {
      ArrowRight: () => go(view.place + 1),
      ArrowLeft: () => go(view.place - 1),
      ArrowDown: () => row < view.output.values.length - 1 && go(view.place + wide),
      ArrowUp: () => row > 0 && go(view.place - wide),
      Home: () => go(0),
      End: () => go(Infinity),
      " ": () => play(view),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  node.onchange = (event) => {
    if (!event.target.closest(".kernel")) return;
    const text = kernelText(view);
    if (text !== null) setTriggerValue("typed", text);
  };
  return () => { clearTimeout(view.timer); clearTimeout(view.resting); view.observer.disconnect(); views.delete(node); };
}
