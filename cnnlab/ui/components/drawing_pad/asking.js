// Requests to the answer route: one at a time, the newest first, and not too often.

const GAP = 50; // milliseconds between two requests while the pen moves
const PATIENCE = 8000; // milliseconds until a server that says nothing is taken for gone
const AGAIN = 2000; // milliseconds after which a server that is gone is asked again

const GONE = "The server does not answer. The drawing stays here, and is sent again in a moment.";

// What a request is to be answered with: `question()` gives its query, type and body, or null if there is nothing to ask.
export class Asking {
  constructor({ question, answered, failed }) {
    Object.assign(this, { question, answered, failed, wanted: new Set(), begun: -Infinity });
  }

  // Ask what is called "drawing" or "epochs" once nothing else is under way; the drawing comes first.
  want(what) {
    // Whoever draws does not wait for the epochs of what was there before.
    if (what === "drawing") {
      this.wanted.delete("epochs");
      if (this.asked === "epochs") this.controller.abort();
    }
    this.wanted.add(what);
    this.goOn();
  }

  stop() {
    this.wanted.clear();
    clearTimeout(this.timer);
    this.timer = undefined;
    this.controller?.abort();
  }

  goOn(wait = 0) {
    if (this.asked || this.timer || !this.wanted.size) return;
    const gap = this.wanted.has("drawing") ? this.begun + GAP - performance.now() : 0;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      const what = this.wanted.has("drawing") ? "drawing" : "epochs";
      if (!this.wanted.delete(what)) return;
      this.ask(what);
    }, Math.max(0, gap, wait));
  }

  async ask(what) {
    const question = this.question(what);
    if (!question) { this.goOn(); return; }
    this.asked = what;
    this.begun = performance.now();
    this.controller = new AbortController();
    const controller = this.controller;
    let isLate = false, wait = 0;
    const late = setTimeout(() => { isLate = true; controller.abort(); }, PATIENCE);
    try {
      const response = await fetch(question.address, { ...question.request, signal: controller.signal });
      const answer = await response.json();
      if (response.ok) this.answered(what, answer);
      else {
        this.failed(answer.problem);
        this.wanted.delete("epochs");
        if (response.status === 503) wait = 1000 * Number(response.headers.get("Retry-After") ?? 1);
      }
    } catch {
      // An abort on purpose is no failure: something newer is asked.
      if (isLate || !controller.signal.aborted) {
        this.failed(GONE);
        wait = AGAIN;
      }
    }
    clearTimeout(late);
    this.asked = undefined;
    if (wait) this.wanted.add(what);
    this.goOn(wait);
  }
}
