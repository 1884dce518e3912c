export default function ({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".ribbon");
  if (node.dataset.drawn !== data.svg) {
    const focused = document.activeElement?.closest?.(".ribbon [data-path]")?.dataset.path;
    node.innerHTML = data.svg;
    node.dataset.drawn = data.svg;
    const svg = node.querySelector("svg");
    // It fills its card, but for letters too large; where they would be too small to read, the drawing scrolls.
    const width = svg.width.baseVal.value;
    svg.style.minWidth = `${0.72 * width}px`;
    svg.style.maxWidth = `${1.7 * width}px`;
    if (focused) node.querySelector(`[data-path="${CSS.escape(focused)}"]`)?.focus();
  }
  const choose = (event) => {
    const unit = event.target.closest("[data-path]");
    if (!unit || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    setTriggerValue("chosen", unit.dataset.path);
  };
  node.onclick = choose;
  node.onkeydown = choose;
}
