// A window that walks over a picture. The values come from Python; here they are only moved, multiplied and added.

const SVG_NAMES = new Set(["svg", "rect", "text", "g"]);
const NUMBER = /^[+-]?(\d{1,4}(\.\d{0,6})?|\.\d{1,6})(\/0*[1-9]\d{0,3})?$/;
const PLAY = "▶ Play", PAUSE = "⏸ Pause";
// Pixels: of a cell at most, of one that is large enough for its number, of the room between things, and of a number's
// box with its gap, in large and in small.
const CELL = 42, NUMBERED_CELL = 20, ROOM = 26, BOX = 57, SMALL_BOX = 43;
const SEVERAL_CELL = 12, SEVERAL_INPUT = 214, SEVERAL_OUTPUT_CELL = 28;  // pixels of a cell where several inputs make one output
const LARGEST_BOXES = 3;  // columns of numbers that stand in large boxes

// For each place on the page: what is shown there, and where its window stands.
const views = new WeakMap();

const make = (name, attributes = {}, ...children) => {
  const node = SVG_NAMES.has(name)
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};

const written = (value) => (value === null ? "−∞" : String(Number(value.toFixed(2)) || 0).replace("-", "−"));

// ---- colours ----

const channels = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
const blend = (from, to, share) => channels(from).map((c, i) => Math.round(c + (channels(to)[i] - c) * share));
const FULL = { grey: "#FFFFFF", red: "#FF3B30", green: "#34C759", blue: "#3D7BFF" };

const fillOf = (map, value, colours) => {
  const share = Math.min(1, Math.abs(value) / map.top);
  if (map.scale !== "signed") return blend("#000000", FULL[map.scale], share);
  return blend(colours.ground, value < 0 ? colours.negative : colours.positive, share);
};

const inkOn = ([red, green, blue]) => (0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#10151B" : "#FFFFFF");

// ---- the arithmetic of one place ----

const columnsOf = (map) => map.values[0].length;

const placeOf = (view) => {
  const wide = columnsOf(view.output);
  return { row: Math.floor(view.place / wide), column: view.place % wide };
};

// Where the window's cell (i, j) lies in the input, which it may leave.
const cellAt = (stage, { row, column }, i, j) => ({
  y: row * stage.stride - stage.padding + i * stage.dilation,
  x: column * stage.stride - stage.padding + j * stage.dilation,
});

const grid = ([height, width], value) =>
  Array.from({ length: height }, (_, i) => Array.from({ length: width }, (_, j) => value(i, j)));

const work = (stage, taps, place) => {
  const parts = taps.map((tap) => {
    const { values } = stage.inputs[tap.channel];
    const seen = grid(stage.kernel, (i, j) => {
      const { x, y } = cellAt(stage, place, i, j);
      return values[y]?.[x] ?? stage.outside;
    });
    const products = tap.weights && grid(stage.kernel, (i, j) => seen[i][j] * tap.weights[i][j]);
    const sum = (products ?? seen).flat().reduce((total, value) => total + value, 0);
    return { tap, seen, products, sum };
  });
  const total = parts.reduce((sum, part) => sum + part.sum, 0);
  const all = parts.flatMap((part) => part.seen.flat());
  const result = {
    sum: () => total,
    mean: () => total / all.length,
    max: () => Math.max(...all.filter((value) => value !== null)),
  }[stage.combine]();
  return { parts, result };
};

// ---- drawing ----

const isSmall = (view) => view.isSeveral || view.stage.kernel[1] > LARGEST_BOXES;

// How large the cells of the inputs and of the output are, so that they stand side by side with the numbers between
// them; or, if no number could be read then, with the output below.
const cellSizes = (view) => {
  const { stage, node } = view;
  const input = columnsOf(stage.inputs[0]) + 2 * stage.padding, output = columnsOf(view.output);
  const boxes = Math.max(2, stage.kernel[1]) * (isSmall(view) ? SMALL_BOX : BOX);
  if (view.isSeveral) {
    const columns = view.data.flipped && view.index.stage === 0 ? 3 : 2;
    const beside = (node.clientWidth - SEVERAL_INPUT - columns * boxes - (columns + 2) * ROOM) / output;
    return { input: SEVERAL_CELL, output: beside >= NUMBERED_CELL ? Math.min(SEVERAL_OUTPUT_CELL, beside) : SEVERAL_OUTPUT_CELL };
  }
  const room = node.clientWidth - boxes - 3 * ROOM, beside = room / (input + output);
  const isBelow = beside < NUMBERED_CELL && room / input >= NUMBERED_CELL;
  const size = Math.max(6, Math.min(CELL, isBelow ? room / input : beside));
  return { input: size, output: size };
};

const drawMap = (map, padding, outside, size, colours) => {
  const rows = map.values.length, columns = columnsOf(map);
  const wide = columns + 2 * padding, high = rows + 2 * padding;
  const svg = make("svg", { viewBox: `0 0 ${wide} ${high}`, width: size * wide });
  const numbered = size >= NUMBERED_CELL;
  const label = (text, x, y, attributes) => {
    if (numbered) svg.append(make("text", { x: x + 0.5, y: y + 0.52, ...attributes }, text));
  };
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      const value = map.values[y - padding]?.[x - padding];
      if (value === undefined) {
        svg.append(make("rect", { class: "outside", x: x + 0.05, y: y + 0.05, width: 0.9, height: 0.9 }));
        label(written(outside), x, y, { class: "outside" });
        continue;
      }
      const fill = fillOf(map, value, colours), text = written(value);
      const cell = { x: x + 0.02, y: y + 0.02, width: 0.96, height: 0.96, fill: `rgb(${fill})` };
      svg.append(make("rect", { ...cell, class: "cell", "data-place": (y - padding) * columns + x - padding }));
      label(text, x, y, { fill: inkOn(fill), class: text.length > 2 ? "long number" : "number" });
    }
  }
  return svg;
};

const figure = (name, title, note, content) => {
  const caption = make("figcaption", {}, title);
  if (note) caption.append(" ", make("small", {}, note));
  return make("figure", { class: name }, caption, content);
};

const sizeOf = (map) => `${map.values.length} × ${columnsOf(map)}`;

const numbersOf = (view, rows, cell) => {
  const node = make("div", { class: isSmall(view) ? "numbers small" : "numbers" });
  node.style.gridTemplateColumns = `repeat(${rows[0].length}, auto)`;
  node.append(...rows.flatMap((row, i) => row.map((value, j) => cell(value, i, j))));
  return node;
};

// The kernel as it is written. Editing a number sends all of them.
const drawKernel = (view, slice, channel) => {
  // The further filters are the first one turned.
  if (view.data.filters[0] !== view.filter) return numbersOf(view, slice, (value) => make("span", {}, written(value)));
  return numbersOf(view, slice, (value, i, j) => {
    const name = `Weight in row ${i + 1}, column ${j + 1}${view.isSeveral ? ` for ${view.stage.inputs[channel].name}` : ""}`;
    const text = String(Number(value.toFixed(isSmall(view) ? 2 : 4)) || 0).replace("-", "−");
    const input = make("input", { type: "text", inputmode: "decimal", maxlength: 12, "aria-label": name, value: text });
    Object.assign(input.dataset, { channel, row: i, column: j });
    return input;
  });
};

const drawScene = (view) => {
  const { stage, data } = view;
  const scene = view.node.querySelector(".scene");
  const sizes = cellSizes(view);
  view.frames = [];
  const rows = view.taps.map((tap) => {
    const map = stage.inputs[tap.channel];
    const svg = drawMap(map, stage.padding, stage.outside, sizes.input, data.colours);
    const over = make("g");
    svg.append(over);
    view.frames.push(over);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `${map.name}, ${sizeOf(map)} pixels`);
    const edge = stage.padding ? `${sizeOf(map)}, padding ${stage.padding}` : sizeOf(map);
    const channel = make("div", { class: "channel" }, figure("input", map.name, edge, svg));
    const working = make("div", { class: "working" });
    if (tap.weights) {
      const slice = view.filter?.[tap.channel];
      const turned = data.flipped && view.index.stage === 0;
      if (slice) working.append(figure("kernel", "kernel", turned ? "as written" : "", drawKernel(view, slice, tap.channel)));
      if (turned || !slice) {
        const shown = numbersOf(view, tap.weights, (value) => make("span", {}, written(value)));
        working.append(figure("applied", slice ? "turned by half" : "weight", "", shown));
      }
    }
    working.append(figure("products", tap.weights ? "products" : "window", "", make("div")));
    channel.append(working);
    return channel;
  });
  const answer = drawMap(view.output, 0, null, sizes.output, data.colours);
  view.mark = make("g");
  answer.append(view.mark);
  const count = view.output.values.flat().length;
  for (const [name, value] of Object.entries({
    tabindex: 0, role: "slider", "aria-label": `Place in the ${view.output.name}`, "aria-valuemin": 1, "aria-valuemax": count,
  })) answer.setAttribute(name, value);
  scene.classList.toggle("several", view.isSeveral);
  scene.replaceChildren(
    make("div", { class: "inputs" }, ...rows),
    figure("output", view.output.name, sizeOf(view.output), answer),
  );
};

const drawChoices = (view) => {
  const choices = view.node.querySelector(".choices");
  const choice = (text, pressed, change) => {
    const button = make("button", { type: "button", "aria-pressed": pressed }, text);
    button.onclick = () => { stop(view); show(view, change); };
    return button;
  };
  const { stages } = view.data, { outputs } = view.stage;
  const rows = [
    stages.map((stage, i) => choice(stage.title, i === view.index.stage, { stage: i, output: 0 })),
    outputs.map((map, i) => choice(map.name, i === view.index.output, { output: i })),
  ];
  choices.replaceChildren(...rows.filter((row) => row.length > 1).map((row) => make("div", {}, ...row)));
};

// ---- moving ----

const drawWindow = (view, place) => {
  const { stage, data } = view, [height, width] = stage.kernel;
  const first = cellAt(stage, place, 0, 0), last = cellAt(stage, place, height - 1, width - 1);
  const frame = {
    x: first.x + stage.padding, y: first.y + stage.padding, width: last.x - first.x + 1, height: last.y - first.y + 1,
  };
  for (const over of view.frames) {
    const nodes = [
      make("rect", { ...frame, class: "halo", stroke: "#000000" }),
      make("rect", { ...frame, class: "frame", stroke: data.colours.window }),
    ];
    if (stage.dilation > 1) {
      grid(stage.kernel, (i, j) => {
        const { x, y } = cellAt(stage, place, i, j);
        const cell = { x: x + stage.padding + 0.06, y: y + stage.padding + 0.06, width: 0.88, height: 0.88 };
        nodes.push(make("rect", { ...cell, class: "seen", stroke: data.colours.window }));
      });
    }
    over.replaceChildren(...nodes);
  }
  const mark = { x: place.column, y: place.row, width: 1, height: 1 };
  view.mark.replaceChildren(
    make("rect", { ...mark, class: "halo", stroke: data.colours.ground }),
    make("rect", { ...mark, class: "frame", stroke: data.colours.ink }),
  );
};

const drawProducts = (view, parts) => {
  const boxes = view.node.querySelectorAll(".products");
  const best = Math.max(...parts.flatMap((part) => part.seen.flat()).filter((value) => value !== null));
  parts.forEach((part, index) => {
    let found = false;
    const cells = numbersOf(view, part.products ?? part.seen, (value, i, j) => {
      if (!part.products) {
        const wins = view.stage.combine === "max" && !found && value === best;
        found ||= wins;
        const node = make("span", { class: wins ? "winner" : value === 0 ? "nothing" : "" }, written(value));
        if (wins) node.style.borderColor = view.data.colours.window;
        return node;
      }
      const factors = `${written(part.seen[i][j])} × ${written(part.tap.weights[i][j])}`;
      const node = make("span", { title: factors }, make("small", {}, factors), make("b", {}, written(value)));
      if (value === 0) node.classList.add("nothing");
      return node;
    });
    boxes[index].lastChild.replaceWith(cells);
  });
};

const sentence = (view, parts, result) => {
  const { combine, kernel } = view.stage, count = kernel[0] * kernel[1];
  const terms = (values) => values.map(written).join(" + ").replaceAll("+ −", "− ");
  if (combine === "max") return "the largest of the window";
  if (combine === "mean") return `${written(result * count)} / ${count}`;
  const products = parts.flatMap((part) => part.products.flat());
  if (products.length <= 9) return terms(products);
  return parts.length > 1 ? terms(parts.map((part) => part.sum)) : `the sum of ${count} products`;
};

const move = (view, place) => {
  const count = view.output.values.flat().length;
  view.place = Math.max(0, Math.min(count - 1, place));
  view.reveal = view.place === count - 1 ? Infinity : Math.max(view.reveal, view.place);
  const at = placeOf(view), { parts, result } = work(view.stage, view.taps, at);
  drawWindow(view, at);
  drawProducts(view, parts);
  const answer = view.node.querySelector(".output svg");
  for (const cell of answer.querySelectorAll(".cell")) {
    const later = cell.dataset.place > view.reveal;
    cell.classList.toggle("later", later);
    if (cell.nextSibling?.classList.contains("number")) cell.nextSibling.classList.toggle("later", later);
  }
  const where = `Row ${at.row + 1}, column ${at.column + 1}`;
  answer.setAttribute("aria-valuenow", view.place + 1);
  answer.setAttribute("aria-valuetext", `${where}: ${written(result)}`);
  const line = view.node.querySelector(".result");
  line.replaceChildren(`${where}: ${sentence(view, parts, result)} = `, make("b", {}, written(result)));
};

const stop = (view) => {
  clearTimeout(view.timer);
  view.timer = undefined;
  view.node.querySelector(".play").textContent = PLAY;
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
  if (view.reveal === Infinity) show(view, {}, 0);
  wait(view);
};

// The place whose result is the strongest: something to look at before anybody has pressed anything.
const strongest = (map) => {
  const values = map.values.flat().map(Math.abs);
  return values.indexOf(Math.max(...values));
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
  drawChoices(view);
  drawScene(view);
  move(view, start ?? view.place);
};

const begin = (node) => {
  const view = { node, index: { stage: 0, output: 0 }, place: undefined, reveal: Infinity, width: node.clientWidth };
  views.set(node, view);
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
  view.data = data;
  if (isNew) {
    const focused = [...node.querySelectorAll(".kernel input")].indexOf(document.activeElement);
    view.index.stage = Math.min(view.index.stage, data.stages.length - 1);
    view.index.output = Math.min(view.index.output, data.stages[view.index.stage].outputs.length - 1);
    view.place ??= strongest(data.stages[0].outputs[0]);
    show(view, {});
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
    node.querySelector(".output svg").focus();
  };
  node.onchange = (event) => {
    if (!event.target.closest(".kernel")) return;
    const text = kernelText(view);
    if (text !== null) setTriggerValue("typed", text);
  };
  return () => { clearTimeout(view.timer); view.observer.disconnect(); views.delete(node); };
}
