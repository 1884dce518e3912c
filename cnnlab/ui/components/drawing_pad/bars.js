// What each network answers: a bar for each class, and over the epochs of one of them.

const MOST_BARS = 12; // of more classes, only the most probable ones have a bar
const SHOWN_OF_MANY = 8;

export const element = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
};

export const percent = (probability) => `${Math.round(100 * probability)} %`;

const bestOf = (probabilities) => probabilities.indexOf(Math.max(...probabilities));

// The empty bars of a run; `show` fills them.
export const groupOf = (run) => {
  const node = element("section", "group");
  node.style.setProperty("--own", run.colour);
  node.style.setProperty("--own-ink", run.ink);
  const head = element("header");
  if (run.letter) head.append(element("span", "letter", run.letter));
  const winner = element("strong", "winner", "–");
  const name = element("span", "name", run.name);
  name.title = run.name;
  head.append(name, winner);
  const list = element("ol");
  const rows = run.classes.slice(0, run.classes.length > MOST_BARS ? SHOWN_OF_MANY : undefined).map((name) => {
    const row = element("li"), bar = element("span", "bar");
    bar.append(element("span"));
    row.append(element("span", "class", name), bar, element("span", "percent", "–"));
    list.append(row);
    return row;
  });
  const problem = element("p", "problem");
  node.append(head, list, problem);
  return { run, node, rows, winner, problem };
};

export const showAnswer = (group, answer) => {
  const { run, rows, winner, problem } = group;
  const probabilities = answer?.probabilities;
  problem.textContent = answer?.problem ?? "";
  const best = probabilities ? bestOf(probabilities) : -1;
  winner.textContent = probabilities ? run.classes[best] : "–";
  const order = [...run.classes.keys()];
  if (probabilities && rows.length < order.length) order.sort((a, b) => probabilities[b] - probabilities[a]);
  rows.forEach((row, i) => {
    const value = probabilities?.[order[i]];
    row.classList.toggle("best", order[i] === best);
    row.children[0].textContent = run.classes[order[i]];
    row.children[1].firstChild.style.width = `${100 * (value ?? 0)}%`;
    row.children[2].textContent = value === undefined ? "–" : percent(value);
  });
  return probabilities ? `${run.letter ? `${run.letter}: ` : ""}${run.classes[best]}, ${percent(probabilities[best])}` : "";
};

// When did it know? The answer after each epoch, and since when it has been the last one.
export const showEpochs = (node, run, answers) => {
  const known = answers.filter((answer) => answer.probabilities);
  if (known.length < 2) { node.replaceChildren(); return; }
  const best = known.map((answer) => bestOf(answer.probabilities));
  const last = best.at(-1);
  const since = best.findLastIndex((winner) => winner !== last) + 1;
  const list = element("ol");
  known.forEach((answer, i) => {
    const step = element("li", i >= since ? "same" : "");
    step.style.setProperty("--share", percent(answer.probabilities[best[i]]).replace(" ", ""));
    step.append(
      element("span", "epoch", answer.epoch === 0 ? "untrained" : `epoch ${answer.epoch}`),
      element("strong", "", run.classes[best[i]]),
      element("span", "percent", percent(answer.probabilities[best[i]])),
    );
    list.append(step);
  });
  const when = known[since].epoch;
  const words = since === known.length - 1
    ? `Only the last of these epochs answers ${run.classes[last]}.`
    : `The answer is ${run.classes[last]} ${when === 0 ? "from the start" : `since epoch ${when}`}.`;
  const head = element("header");
  head.append(element("h3", "", "When did it know?"));
  if (run.letter) head.append(element("span", "letter", run.letter), element("span", "name", run.name));
  node.style.setProperty("--own", run.colour);
  node.style.setProperty("--own-ink", run.ink);
  node.replaceChildren(head, list, element("p", "since", words));
};
