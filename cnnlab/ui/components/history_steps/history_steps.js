// Milliseconds: a pause this long in what a visitor does ends a row of quick steps.
const PAUSE = 1000;
const INPUTS = ["keydown", "pointerdown", "pointerup"];

const row = { number: 0, latest: -Infinity };

// The last change of the address by the page: the address after it, the parameters that it changed, and in which row.
let last;

// When somebody did what added the last entry of the page. On the way to another page, Streamlit adds one that has the
// old page with no parameters, or with those of the new page, which then takes the place of this entry.
let enteredAt;

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
const isStep = (here, to) => {
  const from = last?.to.pathname === to.pathname ? last.to : here;
  const names = changed(from, to), { number } = row;
  const isRow = last?.number === number && names.every((name) => last.names.includes(name));
  last = { to, names, number };
  return here.search !== "" && !isRow;
};

const onNavigate = (event) => {
  const here = new URL(window.location.href), to = new URL(event.destination.url);
  if (event.navigationType === "traverse") last = undefined;
  if (event.navigationType !== "push" || !event.destination.sameDocument || !event.cancelable) return;
  const isSamePage = here.pathname === to.pathname;
  const isEntry = isSamePage ? isStep(here, to) || to.search === "" : enteredAt !== row.latest;
  if (!isSamePage) enteredAt = undefined;
  else if (isEntry) enteredAt = row.latest;
  if (isEntry || to.hash) return;
  event.preventDefault();
  queueMicrotask(() => window.history.replaceState(window.history.state, "", to));
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
