import { isUnderWay, newPacing, putChange, takeAnswer } from "./pacing.js";
import { drawRow, makeRow } from "./row.js";

const pacings = new WeakMap();

const send = (request, isPassing, setTriggerValue) => {
  const drag = new CustomEvent("cnnlab:drag", { detail: request, cancelable: true });
  // Where a part of the page follows the thumb, that is enough while it moves.
  if (!isPassing || window.dispatchEvent(drag)) setTriggerValue("moved", request);
};

export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".sliders"), template = parentElement.querySelector("template");
  if (!pacings.has(place)) pacings.set(place, newPacing());
  const pacing = pacings.get(place);
  pacing.send = (request, isPassing) => send(request, isPassing, setTriggerValue);
  pacing.onAnswer ??= ({ detail }) => takeAnswer(pacing, detail);
  window.addEventListener("cnnlab:answer", pacing.onAnswer);
  takeAnswer(pacing, data.answered);
  const nodes = new Map([...place.children].map((node) => [node.dataset.key, node]));
  data.rows.forEach((row, index) => {
    const node = nodes.get(row.key) ?? makeRow(template, row.key);
    nodes.delete(row.key);
    node.dataset.key = row.key;
    // A node that is moved loses the focus.
    if (place.children[index] !== node) place.insertBefore(node, place.children[index] ?? null);
    drawRow(node, row, {
      isLive: data.is_live,
      isWaiting: isUnderWay(pacing, row.key),
      put: (value, isPassing = false) => putChange(pacing, row.key, value, isPassing),
    });
  });
  for (const node of nodes.values()) node.remove();
  return () => window.removeEventListener("cnnlab:answer", pacing.onAnswer);
}
