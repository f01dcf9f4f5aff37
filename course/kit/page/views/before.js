// View 6: the same layers before they had learned, beside the trained ones; or epoch by epoch.

import { find, largest, legend, make, menu, pixels, signed, sized, slider } from "../draw.js";
import { axes } from "../layers.js";
import { isConv, shares, untrained } from "../network.js";
import { isShort, scoreBars } from "./picture.js";

const CELL = 44;
const GAP = 4;
const MOST = 32; // maps

export function beforeView(app) {
  let step = 0;
  let place = app.network.nodes.findIndex(isConv);
  let seed = 1;
  if (place < 0) place = 0;
  const layer = menu("layer", app.network.nodes.map((node) => node.name), (choice) => {
    place = choice;
    draw();
  });
  layer.select.selectedIndex = place;
  const names = app.steps.map(({ name }) => name);
  const epochs = slider("how far", { min: 0, max: app.steps.length, value: 0, text: (at) => names[at] ?? "trained" }, (value) => {
    step = value;
    draw();
  });
  const again = make("button", { type: "button", text: "Other random weights", onclick: () => {
    app.steps[0].network = untrained(app.intact, ++seed);
    draw();
  } });
  find("#before .controls").append(layer, ...(app.steps.length > 1 ? [epochs] : []), again);
  const sides = [0, 1].map(() => {
    const title = make("h3");
    const filters = make("canvas", { role: "img", class: "wide" });
    const maps = make("canvas", { role: "img", class: "wide" });
    const scores = make("div", { class: "bars" });
    const caption = make("p", { class: "small quiet" });
    find("#before .sides").append(make("div", { class: "side" }, title, make("h4", { text: "its first filters" }), filters, caption, make("h4", { text: "the maps of the layer" }), maps, make("h4", { text: "its scores" }), scores));
    return { title, filters, maps, scores, caption };
  });
  const ramp = legend("each picture has its own scale");
  find("#before .sides").after(ramp);

  function draw() {
    const left = app.steps[step] ?? { name: "trained", network: app.intact };
    const pair = [left, { name: app.isBroken ? "trained, with your changes" : "trained", network: app.network }];
    const first = app.network.nodes.find(isConv);
    pair.forEach(({ name, network }, side) => {
      const { title, filters, maps, scores, caption } = sides[side];
      const outs = network === app.network ? app.outs : network.forward(app.x);
      title.textContent = name;
      filters.hidden = !first;
      if (first) {
        const { w } = network.nodes.find(isConv);
        const most = largest(w.data) || 1;
        const [K, C, FH, FW] = w.shape;
        if (C === 3) tiles(filters, K, FH, FW, (k) => (p) => [0, 1, 2].map((c) => 127.5 + 127.5 * w.data[((k * C + c) * FH * FW) + p] / most));
        else {
          const colour = signed(most);
          tiles(filters, K * C, FH, FW, (k) => (p) => colour(w.data[k * FH * FW + p]));
        }
        caption.textContent = C === 3 ? "grey is 0; a weight of red, green or blue brightens or darkens it" : "";
        filters.setAttribute("aria-label", `${K} filters, ${name}`);
      }
      const [K, H, W] = axes(outs[place].shape);
      const colour = signed(largest(outs[place].data));
      tiles(maps, K, H, W, (k) => (p) => colour(outs[place].data[k * H * W + p]));
      maps.setAttribute("aria-label", `maps of ${app.network.nodes[place].name}, ${name}`);
      scores.classList.toggle("short", isShort(app));
      scores.replaceChildren(...scoreBars(app, outs, shares(network, outs), { most: 10 }));
    });
    again.disabled = step !== 0;
    ramp.redraw();
  }

  app.add({ section: find("#before"), draw });
}

/** Small pictures in rows, as many beside one another as there is room for. */
function tiles(canvas, count, H, W, colours) {
  const many = Math.min(count, MOST);
  const side = H * W === 1 ? 14 : CELL;
  const fitting = Math.max(1, Math.min(many, Math.floor((canvas.parentElement.clientWidth || 320) / (side + GAP))));
  const down = Math.ceil(many / fitting);
  const across = Math.ceil(many / down); // the rows are alike
  const context = sized(canvas, across * (side + GAP), down * (side + GAP));
  const scale = side / Math.max(H, W);
  for (let k = 0; k < many; k++)
    context.drawImage(pixels(H, W, colours(k)), (k % across) * (side + GAP), Math.floor(k / across) * (side + GAP), W * scale, H * scale);
}
