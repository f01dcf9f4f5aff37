// View 7: the page tests itself against numpy, and says how long it takes.

import { find, make, power } from "../draw.js";
import { selfTest } from "../network.js";

const ALLOWED = 1e-4;
const RUNS = 21;

export function truthView(app) {
  const fine = (error) => error <= ALLOWED; // not for NaN
  function test() {
    const all = app.data.fixtures.map((fixture) => selfTest(app.intact, fixture));
    // Per layer the worse of both images; NaN stays NaN.
    const rows = all[0].map(({ name }, i) => ({ name, error: Math.max(...all.map((each) => each[i].error)) }));
    const worst = Math.max(...rows.map(({ error }) => error));
    const times = Array.from({ length: RUNS }, () => {
      const start = performance.now();
      app.intact.forward(app.x);
      return performance.now() - start;
    }).sort((a, b) => a - b);
    const median = times[Math.floor(RUNS / 2)];
    const verdict = find("#truth .verdict");
    verdict.className = `verdict ${fine(worst) ? "good" : "bad"}`;
    verdict.textContent = fine(worst)
      ? `\u2713 The same as numpy. Largest error: ${power(worst)}.`
      : `\u2717 Not the same as numpy. Largest error: ${power(worst)}, and 0.0001 is allowed. Do not trust this page: a layer of this network computes something else than its name says.`;
    find("#truth tbody").replaceChildren(...rows.map(({ name, error }) => make("tr", { class: fine(error) ? "" : "bad" },
      make("td", { text: name }), make("td", { text: power(error) }), make("td", { text: fine(error) ? "\u2713" : "\u2717 too large" }))));
    find("#truth .time").textContent = `One image takes ${median.toFixed(1)} ms here (median of ${RUNS}).`;
    find("#badge").textContent = fine(worst) ? "\u2713 agrees with numpy" : "\u2717 differs from numpy";
    find("#badge").className = fine(worst) ? "good" : "bad";
    app.tested = { worst, median };
  }
  find("#truth .controls").append(make("button", { type: "button", text: "Test again", onclick: test }));
  test();
}
