// Milliseconds: a pause this long in what a visitor does ends a row of quick steps.
const PAUSE = 1000;
const INPUTS = ["keydown", "pointerdown", "pointerup"];

const row = { number: 0, latest: -Infinity };

// The last change of the address by the page: the address before and after it, the parameters that it changed, in which
// row, when, and whether it is an entry of its own.
let last;

// Counted where keys are pressed: the answers of a busy server come late.
const onInput = ({ timeStamp }) => {
  if (timeStamp - row.latest > PAUSE) row.number += 1;
  row.latest = timeStamp;
};

const valuesOf = (address, name) => address.searchParams.getAll(name).join("\n");

const changed = (from, to) => {
  const names = new Set([...from.searchParams.keys(), ...to.searchParams.keys()]);
  return [...names].filter((name) => valuesOf(from, name) !== valuesOf(to, name));
};

// A page that has just been opened writes its state to the address; and of quick changes of the same parameters, only
// what was before the first of them is worth going back to. Neither is an entry of its own.
const isStep = (here, to, at) => {
  const from = last?.to.pathname === to.pathname ? last.to : here;
  const names = changed(from, to), { number } = row;
  const isRow = last?.number === number && names.every((name) => last.names.includes(name));
  const isEntry = here.search !== "" && !isRow;
  last = { from: here, to, names, number, at, isEntry };
  return isEntry;
};

// On the way to another page, Streamlit may change the parameters before the path: for a moment those of the new page,
// or none, stand behind the path of the page that is left. Nobody has touched anything in between.
const isAhead = (here, to) =>
  last?.to.href === here.href && ["", to.search].includes(here.search) && row.latest < last.at;

const replace = (to) => window.history.replaceState(window.history.state, "", to);

const instead = (event, here, change) => {
  event.preventDefault();
  queueMicrotask(() => {
    if (window.location.href === here.href) change();
  });
};

const changePage = (event, here, to) => {
  if (!isAhead(here, to)) return;
  const { from, isEntry } = last;
  last = undefined;
  instead(event, here, () => {
    if (isEntry) return replace(to);
    replace(from);
    window.history.pushState({}, "", to);
  });
};

const onNavigate = (event) => {
  const here = new URL(window.location.href), to = new URL(event.destination.url);
  if (event.navigationType === "traverse") last = undefined;
  if (event.navigationType !== "push" || !event.destination.sameDocument || !event.cancelable || to.hash) return;
  if (here.pathname !== to.pathname) changePage(event, here, to);
  else if (!isStep(here, to, event.timeStamp)) instead(event, here, () => replace(to));
};

export default function () {
  for (const name of INPUTS) window.addEventListener(name, onInput, true);
  // Where a browser does not have it yet, each change is an entry.
  window.navigation?.addEventListener("navigate", onNavigate);
  return () => {
    for (const name of INPUTS) window.removeEventListener(name, onInput, true);
    window.navigation?.removeEventListener("navigate", onNavigate);
  };
}
