const part = (tag, className, text) => {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
};

const imageOf = (image, place, data, open) => {
  const { sprite } = data;
  const made = document.createElement(data.can_open ? "button" : "div");
  made.className = "image";
  if (data.can_open) {
    made.type = "button";
    made.onclick = () => open(image.number);
    made.setAttribute("aria-label", image.name);
  }
  made.title = image.name;
  const picture = part("span", sprite.is_pixelated ? "picture pixelated" : "picture", "");
  picture.setAttribute("aria-hidden", "true");
  picture.style.backgroundImage = `url(${sprite.url})`;
  picture.style.backgroundSize = `100% ${100 * sprite.count}%`;
  picture.style.backgroundPosition = `0 ${sprite.count > 1 ? (100 * place) / (sprite.count - 1) : 0}%`;
  const words = part("span", "words", image.before);
  words.append(part("span", image.is_wrong ? "wrong" : "right", image.answer), " ", part("span", "note", image.note));
  made.append(picture, words);
  if (image.tag) made.append(part("span", "tag", image.tag));
  const item = document.createElement("div");
  item.setAttribute("role", "listitem");
  item.append(made);
  return item;
};

// What each node shows: drawing it again would lose the focus.
const drawn = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".gallery");
  const text = JSON.stringify(data);
  if (drawn.get(place) === text) return;
  drawn.set(place, text);
  const open = (number) => setTriggerValue("opened", number);
  place.replaceChildren(...data.images.map((image, index) => imageOf(image, index, data, open)));
}
