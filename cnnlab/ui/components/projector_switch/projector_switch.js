const FIELDS = `input:not([type=range], [type=radio], [type=checkbox]), textarea, select, [contenteditable=true],
  [role=grid], [role=listbox]`;

const isTyping = () => document.activeElement?.closest(FIELDS) || document.querySelector("[role=dialog]");

// The knobs are put away, or fetched back; by hand they can be fetched back at any time.
const fold = (isFolded) => {
  const sidebar = document.querySelector("[data-testid=stSidebar]");
  if (!sidebar || (sidebar.dataset.collapsed === "true") === isFolded) return;
  const name = isFolded ? "[data-testid=stSidebarCollapseButton] button" : "[data-testid=stExpandSidebarButton]";
  document.querySelector(name)?.click();
};

export default function ({ data, parentElement, setTriggerValue }) {
  const button = parentElement.querySelector(".projector-switch");
  const was = button.getAttribute("aria-pressed"), is = String(data.on);
  button.setAttribute("aria-pressed", is);
  button.setAttribute("aria-label", "Projector mode");
  button.title = `${data.on ? "Leave the projector mode" : "Projector mode: large type, and no knobs"} (P)`;
  if (was !== null && was !== is) fold(data.on);
  const toggle = () => setTriggerValue("wanted", !data.on);
  const onKey = (event) => {
    if (event.key.toLowerCase() !== "p" || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (!isTyping()) toggle();
  };
  button.onclick = toggle;
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
}
