// How the pad looks: what is drawn or chosen, the pen of the keyboard, and nothing yet.

import { showAnswer } from "./bars.js";
import { drawStrokes } from "./ink.js";

export const hasImage = (pad) => pad.strokes.length > 0 || pad.file;

export const paint = (pad) => {
  const { canvas } = pad, context = canvas.getContext("2d"), side = canvas.width;
  context.clearRect(0, 0, side, side);
  if (pad.picture) {
    // The middle of it, as the network gets it.
    const { width, height } = pad.picture, cut = Math.min(width, height);
    context.drawImage(pad.picture, (width - cut) / 2, (height - cut) / 2, cut, cut, 0, 0, side, side);
  }
  drawStrokes(context, pad.strokes, side, getComputedStyle(canvas).color);
  if (pad.pen) {
    context.strokeStyle = context.fillStyle = pad.data.colours.pen;
    context.lineWidth = 4;
    context.beginPath();
    context.arc(pad.pen.at[0] * side, pad.pen.at[1] * side, 0.03 * side, 0, 2 * Math.PI);
    if (pad.pen.isDown) context.fill();
    else context.stroke();
  }
  pad.node.classList.toggle("empty", !hasImage(pad));
  pad.node.querySelector(".undo").disabled = !pad.strokes.length;
  pad.node.querySelector(".clear").disabled = !hasImage(pad);
  for (const button of pad.node.querySelectorAll(".ways button")) {
    button.setAttribute("aria-pressed", button.dataset.way === pad.way);
  }
};

export const forget = (pad) => {
  pad.asking.stop();
  pad.node.classList.remove("failed");
  pad.node.querySelector(".status").textContent = "";
  pad.node.querySelector(".epochs").replaceChildren();
  pad.node.querySelector(".size").textContent = "What the network sees";
  const seen = pad.node.querySelector(".seen");
  seen.getContext("2d").clearRect(0, 0, seen.width, seen.height);
  for (const group of pad.groups) showAnswer(group, null);
};
