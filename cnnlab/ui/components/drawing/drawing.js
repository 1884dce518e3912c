const NARROW = 540; // pixels, below which the narrow drawing is shown

const draw = (node, data) => {
  const text = node.offsetWidth < NARROW ? data.narrow : data.svg;
  if (node.dataset.drawn === text) return;
  node.innerHTML = text;
  node.dataset.drawn = text;
  const svg = node.querySelector("svg");
  svg.style.minWidth = `${0.72 * svg.width.baseVal.value}px`;
};

export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".drawing");
  const observer = new ResizeObserver(() => node.offsetWidth && draw(node, data));
  observer.observe(node);
  draw(node, data);
  return () => observer.disconnect();
}
