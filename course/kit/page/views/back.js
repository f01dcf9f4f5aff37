// View 4: what the score hangs on: gradients to the pixels and through the switches, occlusion.

import { App } from "../app.js";
import { Plane, brief, find, largest, legend, looks, make, menu, say, signed, slider } from "../draw.js";
import { axes } from "../layers.js";
import { isMaxPool, occlusion, saliency } from "../network.js";

const SOME = 12; // milliseconds of occlusion at a time where there is no worker

export function backView(app) {
  const [C, H, W] = app.shape;
  const label = menu("score of", ["what it says now", ...app.classes], (place) => {
    app.label = place ? place - 1 : null;
    app.changed("label");
  });
  find("#back .controls").append(label);
  const planes = ["the picture", "gradient", "saliency", "occlusion"].map((name) => new Plane({ label: name, side: 200 }));
  const captions = planes.map(() => make("figcaption"));
  const texts = planes.map(() => make("p", { class: "small" }));
  find("#back .planes").append(...planes.map((plane, i) => make("figure", {}, captions[i], plane.canvas, texts[i])));

  let begun = false;
  let covered = null; // the last occlusion: {map, size, stride, before, label}
  const least = Math.min(H, W);
  const size = slider("side of the square", { min: 1, max: Math.max(2, Math.floor(least / 2)), value: Math.max(2, Math.round(least / 5)) }, () => {});
  const run = make("button", { type: "button", class: "primary", text: "Cover it up", onclick: cover });
  const done = make("progress", { max: 1, value: 0, "aria-label": "share of the places that are done", hidden: true });
  const ramp = legend("each picture has its own scale");
  find("#back .run").append(size, run, done);
  find("#back .planes").after(ramp);

  function draw(news) {
    const name = app.classes[app.asked];
    const gradient = app.gradients.input;
    app.classes.forEach((text, k) => { label.select.options[k + 1].text = text; }); // they may be shuffled
    label.select.options[0].text = `what it says now: ${app.classes[app.best]}`;
    planes[0].show({ H, W, colour: looks(app.shownPicture), frames: covered?.isFresh ? [covered.frame] : [] });
    const most = largest(gradient.data);
    const colour = signed(most);
    const sum = (p) => Array.from({ length: C }, (_, c) => gradient.data[c * H * W + p]).reduce((a, b) => a + b);
    const total = C > 1 ? signed(Math.max(...Array.from({ length: H * W }, (_, p) => Math.abs(sum(p))))) : colour;
    planes[1].show({ H, W, colour: (p) => total(sum(p)) });
    const strength = saliency(gradient);
    const bright = signed(Math.max(largest(strength.data), 1e-12));
    planes[2].show({ H, W, colour: (p) => bright(strength.data[p]) });
    captions[0].textContent = "the picture";
    captions[1].textContent = "gradient of the score";
    captions[2].textContent = "saliency";
    captions[3].textContent = "occlusion";
    texts[0].textContent = covered?.isFresh ? "Framed: the square that the score needs most." : "";
    texts[1].textContent = `More of an orange pixel would raise \u201c${name}\u201d, more of a purple one lower it.`;
    texts[2].textContent = `How strongly each pixel acts, whichever way: at most ${say(most, 3)}.`;
    if (!begun) { // the first time that somebody comes here: no picture shall be empty
      begun = true;
      cover();
    }
    if (covered && (news.has("picture") || news.has("network") || news.has("label"))) covered.isFresh = false;
    drawOcclusion();
    drawSwitches();
    ramp.redraw();
  }

  function drawOcclusion() {
    if (!covered) {
      const paper = signed(1);
      planes[3].show({ H, W, colour: () => paper(0) });
      texts[3].textContent = "A grey square is put over every place in turn. Where does the score fall?";
      return;
    }
    const { map, before, isFresh, name } = covered;
    const [, HO, WO] = map.shape;
    const drops = map.data.map((score) => score - before);
    const colour = signed(largest(drops));
    planes[3].show({ H: HO, W: WO, colour: (p) => colour(drops[p]) });
    const least_ = Math.min(...drops);
    texts[3].textContent = `${isFresh ? "One" : "Of the picture before: one"} place of the square takes ${say(-least_)} from the score of \u201c${name}\u201d, which is ${say(before)}.`;
  }

  async function cover() {
    run.disabled = true;
    done.hidden = false;
    const [side, name, before, asked] = [Number(size.input.value), app.classes[app.asked], app.outs.at(-1).data[app.asked], app.asked];
    // What the network takes for "nothing there": grey in colours, paper in black and white.
    const fill = Array.from({ length: C }, (_, c) => (C === 3 ? 0 : -app.mean.data[c * H * W]));
    const stride = Math.max(1, Math.floor(least / 32));
    const job = { shape: app.shape, nodes: app.data.nodes, weights: app.network.weights, x: app.x.data, label: asked, size: side, stride, fill };
    const map = await inWorker(job, (share) => { done.value = share; })
      ?? await inTurns(app, job, (share) => { done.value = share; });
    const [, HO, WO] = map.shape;
    const place = map.data.indexOf(Math.min(...map.data));
    covered = { map, before, name, isFresh: true, frame: { top: Math.floor(place / WO) * stride, left: place % WO * stride, height: side, width: side } };
    run.disabled = false;
    done.hidden = true;
    find("#back .news").textContent = `Occlusion is done: ${HO * WO} places.`;
    draw(new Set());
  }

  // Through a switch: what comes to a pooling layer, and what it hands on.
  const pools = app.network.nodes.flatMap((node, place) => (isMaxPool(node) ? [place] : []));
  const poolMenu = menu("pooling layer", pools.map((place) => app.network.nodes[place].name), () => drawSwitches());
  const through = [new Plane({ label: "gradient that comes to the pooling layer", side: 170 }), new Plane({ label: "gradient that it hands back", side: 260 })];
  const sides = through.map(() => make("figcaption"));
  const told = make("p", { class: "small" });
  const box = find("#back .switches");
  if (pools.length) box.append(make("h3", { text: "Through the switches" }), poolMenu, make("div", { class: "planes" },
    make("figure", {}, sides[0], through[0].canvas), make("span", { class: "sign big", text: "\u2192" }), make("figure", {}, sides[1], through[1].canvas)), told);

  function drawSwitches() {
    if (!pools.length) return;
    const place = pools[Math.max(0, poolMenu.select.selectedIndex)];
    const node = app.network.nodes[place];
    const comes = app.gradients[place];
    const x = app.inputOf(place);
    const [K, HO, WO] = axes(comes.shape);
    const [, XH, XW] = axes(x.shape);
    const sums = Array.from({ length: K }, (_, k) => largest(comes.data.subarray(k * HO * WO, (k + 1) * HO * WO)));
    const k = sums.indexOf(Math.max(...sums));
    const colour = signed(sums[k]);
    const goes = new Float32Array(XH * XW);
    const { switches } = app.outs[place];
    const winners = [];
    for (let p = k * HO * WO; p < (k + 1) * HO * WO; p++) {
      winners.push(switches[p] - k * XH * XW);
      goes[switches[p] - k * XH * XW] += comes.data[p];
    }
    const written = (values, limit) => (limit ? (p) => (values(p) ? brief(values(p)) : "") : undefined);
    through[0].show({ H: HO, W: WO, colour: (p) => colour(comes.data[k * HO * WO + p]), text: written((p) => comes.data[k * HO * WO + p], WO <= 5) });
    through[1].show({ H: XH, W: XW, colour: (p) => colour(goes[p]), dots: XW > 8 ? winners : [], text: written((p) => goes[p], XW <= 8) });
    sides[0].textContent = `comes in: ${HO} \u00d7 ${WO}`;
    sides[1].textContent = `goes back: ${XH} \u00d7 ${XW}`;
    const empty = goes.reduce((sum, value) => sum + (value === 0), 0);
    told.textContent = `Map ${k} of ${node.name}, whose gradient is largest. Each number goes back to the pixel that won its window; ${empty} of the ${XH * XW} pixels get nothing.`;
  }

  app.add({ section: find("#back"), draw });
}

/** Occlusion in a worker made of this page's own script; null where there can be none. */
function inWorker(job, progress) {
  return new Promise((resolve) => {
    const give = (map, worker, url) => {
      worker?.terminate();
      if (url) URL.revokeObjectURL(url);
      resolve(map);
    };
    try {
      const url = URL.createObjectURL(new Blob([find("#code").textContent], { type: "text/javascript" }));
      const worker = new Worker(url);
      worker.onmessage = ({ data }) => (data.map ? give(data.map, worker, url) : progress(data.share));
      worker.onerror = () => give(null, worker, url);
      worker.postMessage(job);
    } catch {
      give(null);
    }
  });
}

/** The same a little at a time, between the frames of the page. */
async function inTurns(app, { x, shape, label, size, stride, fill }, progress) {
  const steps = occlusion(app.network, { shape, data: x }, label, size, stride, fill);
  for (let start = performance.now(); ;) {
    const { value, done } = steps.next();
    if (done) return value;
    if (performance.now() - start < SOME) continue;
    progress(value);
    await new Promise((resolve) => { setTimeout(resolve); });
    start = performance.now();
  }
}
