// The pad on the page: the pen, the thumb and the keyboard draw, and the networks answer meanwhile.

import { Asking } from "./asking.js";
import { element, groupOf, showAnswer, showEpochs } from "./bars.js";
import { addPoint, bytesOf, drawSeen, smaller } from "./ink.js";
import { forget, hasImage, paint } from "./look.js";

const SENT_PIXELS = 112; // the side of a drawing as it is sent
const KEY_STEP = 0.04; // of the pad's side, for an arrow key
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// For each place on the page: what is drawn there.
const pads = new WeakMap();

// After each change: another picture on the pad, and another question; with the epochs once the pen rests.
const change = (pad, { isAtRest }) => {
  paint(pad);
  if (!hasImage(pad)) { forget(pad); return; }
  pad.node.querySelector(".epochs").classList.add("old");
  pad.isAtRest = isAtRest;
  pad.asking.want("drawing");
  if (isAtRest) pad.asking.want("epochs");
};

const questionOf = (pad, what) => {
  if (!hasImage(pad)) return null;
  const { data } = pad;
  const query = new URLSearchParams({ run: data.runs.map((run) => run.id).join(","), prepare: pad.way });
  if (what === "epochs") {
    query.set("run", data.runs[0].id);
    query.set("epoch", "all");
  }
  if (!pad.file) for (const name of ["width", "height"]) query.set(name, SENT_PIXELS);
  // Whether a file is an image is for the server to say.
  const type = pad.file ? (pad.file.type.startsWith("image/") ? pad.file.type : "image/*") : data.type;
  return {
    address: new URL(`${data.path}?${query}`, document.baseURI),
    request: {
      method: "POST",
      headers: { [data.header]: data.token, "Content-Type": type },
      body: pad.file ?? bytesOf(pad.strokes, SENT_PIXELS),
    },
  };
};

const answered = (pad, what, { answers, problem }) => {
  const status = pad.node.querySelector(".status");
  pad.node.classList.toggle("failed", Boolean(problem));
  if (what === "epochs") {
    const strip = pad.node.querySelector(".epochs");
    strip.classList.remove("old");
    showEpochs(strip, pad.data.runs[0], answers);
    return;
  }
  if (problem) { status.textContent = problem; return; }
  if (!hasImage(pad)) return;
  const said = answers.map((answer) => {
    const group = pad.groups.find(({ run }) => run.id === answer.run);
    if (answer.seen) {
      drawSeen(pad.node.querySelector(".seen"), answer.seen);
      const { side } = answer.seen;
      pad.node.querySelector(".size").textContent = `What the network sees: ${side} × ${side}`;
    }
    return group ? showAnswer(group, answer) : "";
  });
  // Who listens hears the answer once the pen rests, not each of the many before.
  status.textContent = pad.isAtRest ? said.filter(Boolean).join("; ") : "";
};

const failed = (pad, sentence) => {
  pad.node.classList.add("failed");
  pad.node.querySelector(".status").textContent = sentence;
};

const choose = async (pad, file) => {
  if (!file) return;
  pad.picture = await createImageBitmap(file).catch(() => null); // the server says what is wrong with it
  pad.file = await smaller(file, pad.picture);
  pad.strokes = [];
  change(pad, { isAtRest: true });
};

const clear = (pad) => {
  Object.assign(pad, { strokes: [], file: undefined, picture: undefined });
  change(pad, { isAtRest: true });
};

const dropPicture = (pad) => {
  if (pad.file) Object.assign(pad, { strokes: [], file: undefined, picture: undefined });
};

const pointOf = (pad, event) => {
  const { left, top, width, height } = pad.canvas.getBoundingClientRect();
  return [(event.clientX - left) / width, (event.clientY - top) / height];
};

const listen = (pad) => {
  const { canvas, node } = pad;
  canvas.onpointerdown = (event) => {
    if (!pad.data.can_draw || event.button > 0) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    pad.pen = undefined;
    pad.pointer = event.pointerId;
    dropPicture(pad);
    addPoint(pad.strokes, pointOf(pad, event), true);
    change(pad, { isAtRest: false });
  };
  canvas.onpointermove = (event) => {
    if (pad.pointer !== event.pointerId) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const part of events.length ? events : [event]) addPoint(pad.strokes, pointOf(pad, part), false);
    change(pad, { isAtRest: false });
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    if (pad.pointer !== event.pointerId) return;
    pad.pointer = undefined;
    change(pad, { isAtRest: true });
  };
  canvas.onkeydown = (event) => {
    if (!pad.data.can_draw || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (!arrow && event.key !== " ") return;
    event.preventDefault();
    pad.pen ??= { at: [0.5, 0.5], isDown: false };
    if (arrow) {
      pad.pen.at = pad.pen.at.map((value, i) => Math.max(0.05, Math.min(0.95, value + KEY_STEP * arrow[i])));
      if (pad.pen.isDown) addPoint(pad.strokes, pad.pen.at, false);
    } else {
      pad.pen.isDown = !pad.pen.isDown;
      dropPicture(pad);
      if (pad.pen.isDown) addPoint(pad.strokes, pad.pen.at, true);
    }
    if (pad.pen.isDown || !arrow) change(pad, { isAtRest: !pad.pen.isDown });
    else paint(pad);
  };
  canvas.onblur = () => {
    if (pad.pen) { pad.pen = undefined; paint(pad); }
  };
  node.querySelector(".undo").onclick = () => {
    pad.strokes.pop();
    change(pad, { isAtRest: true });
  };
  node.querySelector(".clear").onclick = () => clear(pad);
  const input = node.querySelector(".file input");
  input.onchange = () => { choose(pad, input.files[0]); input.value = ""; };
  const paper = node.querySelector(".paper");
  paper.ondragover = (event) => event.preventDefault();
  paper.ondrop = (event) => { event.preventDefault(); choose(pad, event.dataTransfer.files[0]); };
  for (const button of node.querySelectorAll(".ways button")) {
    button.onclick = () => { pad.way = button.dataset.way; change(pad, { isAtRest: true }); };
  }
};

const begin = (node) => {
  const pad = { node, canvas: node.querySelector(".ink"), strokes: [], groups: [], way: "centre" };
  pads.set(node, pad);
  pad.asking = new Asking({
    question: (what) => questionOf(pad, what),
    answered: (what, answer) => answered(pad, what, answer),
    failed: (sentence) => failed(pad, sentence),
  });
  listen(pad);
  return pad;
};

export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".drawing-pad");
  const pad = pads.get(node) ?? begin(node);
  const shown = JSON.stringify({ ...data, token: "" });
  const isNew = pad.shown !== shown;
  Object.assign(pad, { data, shown });
  if (isNew) {
    node.classList.toggle("files-only", !data.can_draw);
    const invitation = node.querySelector(".invitation");
    invitation.replaceChildren(element("strong", "", data.invitation), element("span", "", data.hint));
    pad.canvas.setAttribute("aria-label", data.label);
    node.querySelector(".seen").setAttribute("aria-label", "The image as the network gets it");
    pad.groups = data.runs.map(groupOf);
    node.querySelector(".answers").replaceChildren(...pad.groups.map((group) => group.node));
    node.querySelector(".answers").classList.toggle("several", pad.groups.length > 1);
    change(pad, { isAtRest: true });
  }
  return () => { pad.asking.stop(); pads.delete(node); };
}
