// One request is under way at a time; what changes meanwhile is sent when it is answered, the newest value of each knob.
// A value that a moving thumb passes needs less of the page than one at which it rests.

const PATIENCE = 10000; // milliseconds after which a request without an answer is sent again

export const newPacing = () => ({ waiting: new Map(), flying: null, timer: 0, isPassing: false, send: null });

const sendWaiting = (pacing) => {
  if (pacing.flying || !pacing.waiting.size) return;
  pacing.flying = { id: `${Date.now()}.${Math.random()}`, changes: pacing.waiting };
  pacing.waiting = new Map();
  pacing.timer = setTimeout(() => {
    pacing.waiting = new Map([...pacing.flying.changes, ...pacing.waiting]);
    pacing.flying = null;
    sendWaiting(pacing);
  }, PATIENCE);
  pacing.send({ id: pacing.flying.id, changes: [...pacing.flying.changes] }, pacing.isPassing);
};

export const putChange = (pacing, key, value, isPassing) => {
  pacing.isPassing = isPassing;
  pacing.waiting.delete(key); // a later change comes later
  pacing.waiting.set(key, value);
  sendWaiting(pacing);
};

export const takeAnswer = (pacing, id) => {
  if (pacing.flying?.id !== id) return;
  clearTimeout(pacing.timer);
  pacing.flying = null;
  sendWaiting(pacing);
};

export const isUnderWay = (pacing, key) => pacing.waiting.has(key) || Boolean(pacing.flying?.changes.has(key));
