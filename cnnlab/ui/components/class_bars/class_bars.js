const cell = (tag, className, text = "") => {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
};

const percent = (share) => (share > 0 && share < 0.005 ? "< 1 %" : `${Math.round(100 * share)} %`);

export default function ({ data, parentElement }) {
  const table = parentElement.querySelector(".class-bars");
  const rows = data.bars.map(({ name, share, kind, is_answer, is_true }) => {
    const row = cell("tr", is_answer ? `answer ${kind}` : kind);
    const head = cell("th", "", name);
    head.scope = "row";
    head.title = name;
    if (is_true) head.append(cell("span", "mark", "✓"));
    const bar = cell("td", "bar");
    const filled = cell("span", "");
    filled.style.width = `${100 * share}%`;
    const track = cell("div", "");
    track.append(filled);
    bar.append(track);
    row.append(head, bar, cell("td", "share", percent(share)));
    return row;
  });
  table.style.setProperty("--wrong", data.wrong);
  table.replaceChildren(cell("caption", "", data.caption), ...rows);
}
