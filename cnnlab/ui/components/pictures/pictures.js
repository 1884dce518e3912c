const STEPS = { ArrowRight: () => 1, ArrowLeft: () => -1, ArrowDown: (wide) => wide, ArrowUp: (wide) => -wide };

const drawn = ({ source, name, caption }, isChoosable) => {
  const node = document.createElement(isChoosable ? "button" : "figure");
  node.className = "picture";
  const image = document.createElement("img");
  image.src = source;
  image.alt = isChoosable ? "" : name;
  node.append(image);
  if (isChoosable) {
    node.type = "button";
    node.setAttribute("aria-label", name);
    node.title = name;
  }
  if (caption) {
    const words = document.createElement(isChoosable ? "span" : "figcaption");
    words.className = "caption";
    words.textContent = caption;
    node.append(words);
  }
  return node;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".pictures");
  const { pictures, side, abreast, is_choosable: isChoosable, chosen } = data;
  node.style.setProperty("--side", `${side}px`);
  node.style.setProperty("--abreast", abreast);
  const text = JSON.stringify(pictures);
  if (node.dataset.drawn !== text) {
    const focused = [...node.children].indexOf(document.activeElement);
    node.replaceChildren(...pictures.map((picture) => drawn(picture, isChoosable)));
    node.dataset.drawn = text;
    node.children[focused]?.focus();
  }
  if (!isChoosable) return;
  const buttons = [...node.children];
  // One of them is in the order of the Tab key; the arrow keys lead to the others.
  const reach = (index) => buttons.forEach((button, i) => { button.tabIndex = i === index ? 0 : -1; });
  reach(chosen ?? 0);
  buttons.forEach((button, i) => { button.setAttribute("aria-pressed", String(i === chosen)); });
  node.onclick = (event) => {
    const index = buttons.indexOf(event.target.closest("button"));
    if (index >= 0) setTriggerValue("chosen", index);
  };
  node.onkeydown = (event) => {
    const step = STEPS[event.key], index = buttons.indexOf(document.activeElement);
    if (!step || index < 0) return;
    event.preventDefault();
    const wide = buttons.filter((button) => button.offsetTop === buttons[0].offsetTop).length;
    const next = buttons[index + step(wide)];
    if (!next) return;
    reach(buttons.indexOf(next));
    next.focus();
  };
}
