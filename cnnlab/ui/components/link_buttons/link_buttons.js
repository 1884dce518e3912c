const SHOWN = 3000;  // milliseconds for which the button says that it has copied

// Where a page is not secure, as on a server of a classroom, browsers have no clipboard but this one.
const copySelected = (text) => {
  const focused = document.activeElement, area = document.createElement("textarea");
  area.value = text;
  area.readOnly = true;
  area.style.cssText = "position: fixed; top: 0; opacity: 0; font-size: 16px";
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return isDone;
};

const copy = async (text) => {
  if (window.isSecureContext && navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      // It is not permitted here; the other way may be.
    }
  }
  return copySelected(text);
};

// The address as a person would write it. It is read when a button is pressed: what moves without the server changes it.
const address = () => window.location.href.replace(/%(2C|3A|3D)/g, decodeURIComponent);

const timers = new WeakMap();

const say = (node, isDone) => {
  const button = node.querySelector(".copy"), said = node.querySelector(".said");
  clearTimeout(timers.get(node));
  button.querySelector(".after").textContent = isDone ? "Copied" : "Not copied";
  button.classList.add("copied");
  said.textContent = isDone ? "Copied" : "Not copied: copy the address from the browser’s address bar.";
  timers.set(node, setTimeout(() => button.classList.remove("copied"), SHOWN));
};

export default function ({ parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".link-buttons");
  node.querySelector(".copy").onclick = async () => {
    node.querySelector(".said").textContent = ""; // so that the same word is read again
    say(node, await copy(address()));
  };
  node.querySelector(".code").onclick = () => setTriggerValue("asked", address());
  const print = () => { node.querySelector(".printed").textContent = address(); };
  window.addEventListener("beforeprint", print);
  return () => {
    clearTimeout(timers.get(node));
    window.removeEventListener("beforeprint", print);
  };
}
