const gone = ({ cookie, separator }) => {
  const found = document.cookie.split("; ").find((one) => one.startsWith(`${cookie}=`));
  return found?.slice(cookie.length + 1).split(separator) ?? [];
};

const element = (kind, name, words) => {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = words;
  return made;
};

const button = (name, words, press) => {
  const made = element("button", name, words);
  made.type = "button";
  made.onclick = press;
  return made;
};

const drawn = (hint, takeAway) => {
  const cross = button("close", "✕", () => takeAway([hint]));
  cross.title = "Hide this hint";
  cross.setAttribute("aria-label", `Hide this hint: ${hint.text}`);
  const place = element("span", "hint", "");
  place.append(element("span", "wide", hint.text), element("span", "narrow", hint.narrow), cross);
  return place;
};

export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".hints");
  const takeAway = (hints) => {
    const names = [...gone(data), ...hints.map((hint) => hint.name)].join(data.separator);
    // biome-ignore lint/suspicious/noDocumentCookie: the other way needs HTTPS, which a server in a classroom lacks
    document.cookie = `${data.cookie}=${names}; path=/; max-age=${data.seconds}; samesite=lax`;
    show();
    node.querySelector("button")?.focus();
  };
  const show = () => {
    const known = gone(data), shown = data.hints.filter((hint) => !known.includes(hint.name));
    node.replaceChildren(...shown.map((hint) => drawn(hint, takeAway)));
    if (shown.length > 1) node.append(button("all", "Hide all", () => takeAway(shown)));
  };
  show();
}
