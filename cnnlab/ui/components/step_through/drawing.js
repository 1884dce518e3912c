// The maps, the kernel and their numbers on the page.

import { cellAt, columnsOf, grid } from "./arithmetic.js";

const SVG_NAMES = new Set(["svg", "rect", "text", "g"]);
// Pixels: of a cell at most, of one that is large enough for its number, of a number's box with its gap, in large and
// in small, and of the room between things.
const CELL = 52, NUMBERED_CELL = 20, BOX = 57, SMALL_BOX = 43;
export const ROOM = 26;
// Where several inputs make one output: the largest cells, and those of inputs that have no room for their numbers.
const SEVERAL_CELL = 28, UNNUMBERED_CELL = 12;

const LARGEST_BOXES = 3;  // columns of numbers that stand in large boxes
const NARROW = 540;  // pixels of the component, below which all parts stand one below the other

export const make = (name, attributes = {}, ...children) => {
  const node = SVG_NAMES.has(name)
    ? document.createElementNS("http://www.w3.org/2000/svg", name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};

// With two decimals, or with two digits where those would be zeros; four decimals at most.
const rounded = (value) => (Math.abs(value) < 0.095 ? Number(value.toPrecision(2)).toFixed(4) : value.toFixed(2));
export const written = (value) => (value === null ? "−∞" : String(Number(rounded(value)) || 0).replace("-", "−"));

// Red, green and blue of a colour that is written as "#RRGGBB".
const channels = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
const blend = (from, to, share) => channels(from).map((c, i) => Math.round(c + (channels(to)[i] - c) * share));
const FULL = { grey: "#FFFFFF", red: "#FF3B30", green: "#34C759", blue: "#3D7BFF" };

const fillOf = (map, value, colours) => {
  const share = Math.min(1, Math.abs(value) / map.top);
  if (map.scale !== "signed") return blend("#000000", FULL[map.scale], share);
  return blend(colours.ground, value < 0 ? colours.negative : colours.positive, share);
};

// Black or white, whichever has more contrast as WCAG 2 defines it: on any colour that is enough.
const inkOn = (colour) => {
  const [red, green, blue] = colour.map((value) => ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#FFFFFF";
};

const isSmall = (view) => view.isSeveral || view.stage.kernel[1] > LARGEST_BOXES;

// How large the cells of the inputs and of the output are, so that they stand side by side with the numbers between
// them; or, if no number could be read then, with the output below; or, where there is little room, each as wide as it.
const cellSizes = (view, isNarrow) => {
  const { stage, node } = view;
  const input = columnsOf(stage.inputs[0]) + 2 * stage.padding, output = columnsOf(view.output);
  if (isNarrow) return { input: node.clientWidth / input, output: Math.min(CELL, node.clientWidth / output) };
  const boxes = Math.max(2, stage.kernel[1]) * (isSmall(view) ? SMALL_BOX : BOX);
  if (view.isSeveral) {
    const columns = view.data.flipped && view.index.stage === 0 ? 3 : 2;
    const room = node.clientWidth - columns * boxes - (columns + 2) * ROOM;
    // All with their numbers side by side, or with the output below, or the inputs without their numbers.
    for (const needed of [input + output, input]) {
      const size = Math.min(SEVERAL_CELL, room / needed);
      if (size >= NUMBERED_CELL) return { input: size, output: size };
    }
    return { input: UNNUMBERED_CELL, output: SEVERAL_CELL };
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
      if (value === undefined || value === null) {
        svg.append(make("rect", { class: "outside", x: x + 0.05, y: y + 0.05, width: 0.9, height: 0.9 }));
        label(written(outside), x, y, { class: "outside" });
        continue;
      }
      const fill = fillOf(map, value, colours), text = written(value);
      const cell = { x: x + 0.02, y: y + 0.02, width: 0.96, height: 0.96, fill: `rgb(${fill})` };
      svg.append(make("rect", { ...cell, class: "cell", "data-place": (y - padding) * columns + x - padding }));
      label(text, x, y, { fill: inkOn(fill), class: `${text.length > 4 ? "longest " : text.length > 2 ? "long " : ""}number` });
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
  node.style.setProperty("--columns", rows[0].length);
  node.append(...rows.flatMap((row, i) => row.map((value, j) => fitted(cell(value, i, j)))));
  return node;
};

// Small boxes have room for four characters in large type.
const fitted = (box) => {
  box.classList.toggle("long", box.tagName === "SPAN" && (box.querySelector("b") ?? box).textContent.length > 4);
  return box;
};

// The kernel as it is written. Editing a number sends all of them.
const drawKernel = (view, slice, channel) => {
  // The other filters are rotations of the first.
  if (view.data.filters[0] !== view.filter) return numbersOf(view, slice, (value) => make("span", {}, written(value)));
  return numbersOf(view, slice, (value, i, j) => {
    const which = view.isSeveral ? ` for ${view.stage.inputs[channel].name}` : "";
    const name = `Weight in row ${i + 1}, column ${j + 1}${which}`;
    const text = String(Number(value.toFixed(isSmall(view) ? 2 : 4)) || 0).replace("-", "−");
    const input = make("input", { type: "text", inputmode: "decimal", maxlength: 12, "aria-label": name, value: text });
    Object.assign(input.dataset, { channel, row: i, column: j });
    return input;
  });
};

export const drawScene = (view) => {
  const { stage, data } = view;
  const scene = view.node.querySelector(".scene");
  const isNarrow = view.node.clientWidth < NARROW;
  const sizes = cellSizes(view, isNarrow);
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
      if (slice) {
        const kernel = drawKernel(view, slice, tap.channel);
        working.append(figure("kernel", "kernel", turned ? "as written" : "", kernel));
      }
      if (turned || !slice) {
        const shown = numbersOf(view, tap.weights, (value) => make("span", {}, written(value)));
        working.append(figure("applied", slice ? "rotated by 180°" : tap.weights.flat().length > 1 ? "kernel" : "weight", "", shown));
      }
    }
    working.append(figure("products", tap.weights ? "products" : "window", "", make("div")));
    channel.append(working);
    return channel;
  });
  const answer = drawMap(view.output, 0, null, sizes.output, data.colours);
  view.mark = make("g");
  answer.append(view.mark);
  const slider = { tabindex: 0, role: "slider", "aria-label": `Position in the ${view.output.name}` };
  const range = { "aria-valuemin": 1, "aria-valuemax": view.output.values.flat().length };
  for (const [name, value] of Object.entries({ ...slider, ...range })) answer.setAttribute(name, value);
  const hadFocus = scene.querySelector(".output")?.contains(document.activeElement);
  scene.classList.toggle("several", view.isSeveral);
  view.node.classList.toggle("narrow", isNarrow);
  view.node.style.setProperty("--kernel-columns", stage.kernel[1]);
  scene.replaceChildren(
    make("div", { class: "inputs" }, ...rows),
    figure("output", view.output.name, sizeOf(view.output), answer),
  );
  if (hadFocus) answer.focus();
};

export const drawChoices = (view, choose) => {
  const choices = view.node.querySelector(".choices");
  const choice = (text, pressed, change) => {
    const button = make("button", { type: "button", "aria-pressed": pressed }, text);
    button.onclick = () => choose(change);
    return button;
  };
  const { stages } = view.data, { outputs } = view.stage;
  const rows = [
    stages.map((stage, i) => choice(stage.title, i === view.index.stage, { stage: i, output: 0 })),
    outputs.map((map, i) => choice(map.name, i === view.index.output, { output: i })),
  ];
  choices.replaceChildren(...rows.filter((row) => row.length > 1).map((row) => make("div", {}, ...row)));
};

export const drawWindow = (view, place) => {
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

export const drawProducts = (view, parts) => {
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
