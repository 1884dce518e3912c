import { isUnderWay, newPacing, putChange, takeAnswer } from "./pacing.js";
import { drawRow, makeRow } from "./row.js";

const pacings = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".sliders"), template = parentElement.querySelector("template");
  if (!pacings.has(place)) pacings.set(place, newPacing());
  const pacing = pacings.get(place);
  pacing.send = (request) => setTriggerValue("moved", request);
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
      put: (value) => putChange(pacing, row.key, value),
    });
  });
  for (const node of nodes.values()) node.remove();
}
