export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".drawing");
  if (node.dataset.drawn === data.svg) return;
  node.innerHTML = data.svg;
  node.dataset.drawn = data.svg;
  const svg = node.querySelector("svg");
  svg.style.minWidth = `${0.72 * svg.width.baseVal.value}px`;
}
