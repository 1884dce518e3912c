// The last news of each subject. It outlives the element, which is new when the page around it changes.
const told = new Map();

export default function ({ data, parentElement }) {
  const isNew = ([subject, text]) => text && told.has(subject) && told.get(subject) !== text;
  const news = Object.entries(data).filter(isNew).map(([, text]) => text);
  for (const [subject, text] of Object.entries(data)) told.set(subject, text);
  if (news.length) parentElement.querySelector(".announcement").textContent = news.join(" ");
}
