// View 3: one unit, number by number: its window, its filter, their sum; what it sees of the
// image; its column of im2col. Pooling shows its switch.

import { Plane, bars, css, find, isStill, largest, legend, looks, make, menu, numbers, outline, pixels, say, signed, sized } from "../draw.js";
import { axes, volume } from "../layers.js";
import { contributions, im2col, isAveragePool, isConv, isDense, isMaxPool, windowOf } from "../network.js";

const MOST_NUMBERS = 7; // rows or columns of a window that is written out
const MOST_BARS = 16;
const BEAT = 380; // milliseconds between two steps of the walk
const [NARROW, WIDE] = [260, 560]; // pixels that X_col takes

export function unitView(app) {
  const { nodes } = app.network;
  const here = () => nodes[app.selected.node];
  const names = nodes.map((node) => node.name);
  const layerMenu = menu("layer", names, (node) => app.select({ node }));
  const channelMenu = menu("map", [], (channel) => app.select({ channel }));
  const inputMenu = menu("channel of its input", [], (place) => {
    app.input = place;
    app.changed("selection");
  });
  let walking = 0;
  const walk = make("button", { type: "button", text: "\u25b6 Slide the window", onclick: () => (walking ? halt() : start()) });
  const halt = () => {
    clearInterval(walking);
    walking = 0;
    walk.textContent = "\u25b6 Slide the window";
  };
  const start = () => {
    walk.textContent = "\u25a0 Stop";
    walking = setInterval(() => {
      const [, H, W] = axes(here().shape);
      const { row, column } = app.selected;
      const next = (row * W + column + 1) % (H * W);
      app.select({ row: Math.floor(next / W), column: next % W });
    }, isStill() ? 3 * BEAT : BEAT);
  };
  find("#unit .controls").append(layerMenu, channelMenu, inputMenu, walk);

  const goesIn = new Plane({ label: "What goes into the layer, with the window framed", side: 232 });
  const comesOut = new Plane({ label: "The map of this unit. Arrow keys move to the next unit.", side: 232, choose: (row, column) => app.select({ row, column }) });
  const onImage = new Plane({ label: "What this unit can see of the picture", side: 232 });
  const captions = [goesIn, comesOut, onImage].map(() => make("figcaption"));
  find("#unit .planes").append(...[goesIn, comesOut, onImage].map((plane, i) => make("figure", {}, captions[i], plane.canvas)));
  const ramp = legend("one scale for the layer\u2019s input, one for its output");
  find("#unit .planes").after(ramp);

  function draw() {
    const node = here();
    const { node: place, channel, row, column } = app.selected;
    const [K, HO, WO] = axes(node.shape);
    const x = app.inputOf(place);
    const [C, H, W] = axes(x.shape);
    const out = app.outs[place];
    const value = out.data[(channel * HO + row) * WO + column];
    const hasWindow = isConv(node) || isMaxPool(node) || isAveragePool(node);
    const window = hasWindow ? windowOf(node, x, channel, row, column) : null;
    const perInput = isConv(node) ? window.channels.length : isDense(node) ? C : 1;
    app.input = Math.min(app.input, perInput - 1);
    const first = isConv(node) ? window.first : 0;
    const source = isConv(node) ? first + app.input : isDense(node) ? app.input : Math.min(channel, C - 1);

    layerMenu.select.selectedIndex = place;
    relist(channelMenu, K, (k) => (place === nodes.length - 1 && app.classes[k] !== undefined && node.shape.length === 1 ? `${k}: ${app.classes[k]}` : `${k}`), channel);
    relist(inputMenu, perInput, (c) => `${first + c}`, app.input);
    inputMenu.hidden = perInput === 1;
    walk.hidden = HO * WO === 1;
    if (HO * WO === 1 && walking) halt();

    const padding = node.padding ?? 0;
    const inColour = signed(largest(x.data));
    const picture = place === 0 && C === app.shape[0] && C === 1 && largest(app.mean.data) === 0;
    goesIn.show({
      H, W, padding, colour: picture ? looks(app.shownPicture) : (p) => inColour(x.data[source * H * W + p]),
      frames: window ? frames(node, window) : H * W > 1 && !isDense(node) && H === HO && W === WO ? [{ top: row, left: column, height: 1, width: 1 }] : [],
      dots: isMaxPool(node) ? [...out.switches.subarray(channel * HO * WO, (channel + 1) * HO * WO)].map((at) => at - source * H * W).filter((at) => at >= 0 && at < H * W) : [],
    });
    const outColour = signed(largest(out.data));
    comesOut.show({
      H: HO, W: WO, at: [row, column], colour: (p) => outColour(out.data[channel * HO * WO + p]),
      frames: HO * WO > 1 ? [{ top: row, left: column, height: 1, width: 1 }] : [],
    });
    const field = app.network.field(place, row, column);
    const [, IH, IW] = app.shape;
    const inside = field ? clipped(field, IH, IW) : { top: 0, left: 0, height: IH, width: IW };
    const isCut = field && (inside.height < field.height || inside.width < field.width);
    onImage.show({ H: IH, W: IW, colour: looks(app.shownPicture), frames: [inside] });
    captions[0].textContent = `in: channel ${source} of ${C}, ${H} \u00d7 ${W}${padding ? `, padding ${padding} hatched` : ""}`;
    captions[1].textContent = `out: map ${channel} of ${K}, ${HO} \u00d7 ${WO}`;
    captions[2].textContent = field
      ? `it sees ${inside.height} \u00d7 ${inside.width} pixels of the picture${isCut ? `, and padding: ${field.height} \u00d7 ${field.width}` : ""}`
      : "it sees the whole picture";
    ramp.redraw();
    find("#unit .sentence").textContent = sentence(node, window, { row, column, HO, WO });
    const sum = find("#unit .sum");
    const stops = () => [...sum.querySelectorAll("button, summary")];
    const focused = stops().indexOf(document.activeElement);
    const isOpen = sum.querySelector("details")?.open ?? true;
    sum.replaceChildren(...explained(app, node, window, { x, value, source, first, channel, row, column }));
    // Who was there with the keyboard is there again.
    if (sum.querySelector("details")) sum.querySelector("details").open = isOpen;
    stops()[focused]?.focus({ preventScroll: true });
    find("#unit .matrix").hidden = !isConv(node);
    if (isConv(node)) drawMatrix(node, x, channel, row * WO + column);
  }

  const strip = [make("canvas", { role: "img", class: "strip-canvas" }), make("canvas", { role: "img", class: "strip-canvas" }), make("canvas", { role: "img", class: "strip-canvas" })];
  const matrixText = make("p", { class: "small" });
  find("#unit .matrix").append(make("h3", { text: "The same as a matrix product: lesson 04" }), matrixText,
    make("div", { class: "product" }, figure("W_row: the filter", strip[0]), make("span", { class: "sign", text: "\u00d7" }),
      make("div", {}, figure("X_col: every window as a column", strip[1]), figure("= one row of the output", strip[2]))));

  function figure(text, canvas) {
    return make("figure", {}, make("figcaption", { text }), canvas);
  }

  /** W_row, X_col and their product, the column of this unit framed. */
  function drawMatrix(node, x, channel, unit) {
    const cols = im2col(node, x, channel);
    const [R, P] = cols.shape;
    const width = Math.min(WIDE, Math.max(NARROW, P * 10));
    const height = Math.max(36, Math.min(220, R * 3));
    const [rowColour, colColour] = [signed(largest(node.w.data)), signed(largest(cols.data))];
    const filter = node.w.data.subarray(channel * R, (channel + 1) * R);
    // As long as X_col is high: these are the numbers that meet.
    sized(strip[0], height, 14).drawImage(pixels(1, R, (p) => rowColour(filter[p])), 0, 0, height, 14);
    const context = sized(strip[1], width, height);
    context.drawImage(pixels(R, P, (p) => colColour(cols.data[p])), 0, 0, width, height);
    const wide = Math.max(3, width / P);
    outline(context, Math.min(width - wide, unit * width / P), 1, wide, height - 2);
    const sums = app.outs[app.selected.node].data.subarray(channel * P, (channel + 1) * P);
    const outColour = signed(largest(sums));
    const last = sized(strip[2], width, 14);
    last.drawImage(pixels(1, P, (p) => outColour(sums[p])), 0, 0, width, 14);
    outline(last, Math.min(width - wide, unit * width / P), 1, wide, 12);
    matrixText.textContent = `X_col is what im2col makes of the layer\u2019s input: every window laid out as a column. It is ${R} \u00d7 ${P}: ${R} numbers of a window, ${P} places; this window is column ${unit}. The filter is a row of ${R}. Their product, plus the bias, is the unit.`;
    strip[1].setAttribute("aria-label", `X_col, ${R} by ${P}, column ${unit} framed`);
  }

  app.add({ section: find("#unit"), draw });
}

function relist(list, many, name, chosen) {
  const wanted = Array.from({ length: many }, (_, k) => name(k));
  if (wanted.length !== list.select.length || wanted.some((text, k) => list.select.options[k].text !== text))
    list.select.replaceChildren(...wanted.map((text) => make("option", { text })));
  list.select.selectedIndex = chosen;
}

/** The window's frame; with dilation each pixel of it has one. */
function frames({ dilation = 1 }, { FH, FW, top, left }) {
  if (dilation === 1) return [{ top, left, height: FH, width: FW }];
  return Array.from({ length: FH * FW }, (_, p) =>
    ({ top: top + Math.floor(p / FW) * dilation, left: left + p % FW * dilation, height: 1, width: 1, kind: "fine" }));
}

function clipped({ top, left, height, width }, H, W) {
  const [t, l] = [Math.max(0, top), Math.max(0, left)];
  return { top: t, left: l, height: Math.max(1, Math.min(H, top + height) - t), width: Math.max(1, Math.min(W, left + width) - l) };
}

function sentence(node, window, { row, column, HO, WO }) {
  if (!window) return HO * WO > 1 ? `Row ${row}, column ${column} of ${HO} \u00d7 ${WO}.` : "";
  const outside = window.channels[0].filter((value) => value === null).length;
  const { stride, padding = 0, dilation = 1, groups = 1 } = node;
  const corner = (place) => `${place} \u00d7 ${stride} \u2212 ${padding} = ${say(place * stride - padding, 0)}`;
  return [
    `Row ${row}, column ${column} of the output: its window begins at row ${corner(row)}, column ${corner(column)} of the input (place \u00d7 stride \u2212 padding).`,
    outside ? ` Of its ${window.FH * window.FW} pixels ${outside === 1 ? "one is" : `${outside} are`} padding.` : "",
    dilation > 1 ? ` Its pixels are ${dilation} apart (dilation).` : "",
    groups > 1 ? ` In ${groups} groups: this filter sees ${window.channels.length} channels only.` : "",
  ].join("");
}

/** What follows the unit: its ReLU, if the next layer is one. */
const rectified = (app) => app.network.nodes.some((node) => node.type === "ReLU" && node.from[0] === app.selected.node);

function explained(app, node, window, { x, value, source, first, channel, row, column }) {
  if (isConv(node) || isDense(node)) return weighted(app, node, window, { x, value, source, first, channel, row, column });
  const [, H, W] = axes(x.shape);
  const inside = x.data[(Math.min(source, axes(x.shape)[0] - 1) * H + Math.min(row, H - 1)) * W + Math.min(column, W - 1)];
  if (window) {
    const seen = window.channels[0];
    const given = isMaxPool(node) ? app.outs[app.selected.node].switches[(channel * node.shape[1] + row) * node.shape[2] + column] : -1;
    const winner = seen.findIndex((_, p) => {
      const [h, w] = [window.top + Math.floor(p / window.FW), window.left + p % window.FW];
      return given === (channel * H + h) * W + w;
    });
    const table = numbers("the window", seen, window.FW, largest(x.data), (td, p) => p === winner && td.classList.add("winner"));
    if (!isMaxPool(node)) return [make("div", { class: "tables" }, table), chips(["mean", value])];
    const flows = app.gradients[app.selected.node].data[(channel * node.shape[1] + row) * node.shape[2] + column];
    return [make("div", { class: "tables" }, table), chips(["largest", value]),
      make("p", { text: `The switch remembers where the largest stood: row ${Math.floor(given / W) % H}, column ${given % W}. On the way back all of this unit\u2019s gradient (${say(flows, 3)} for \u201c${app.classes[app.asked]}\u201d) goes there, and none to the others. The dots are the winners of all windows.` })];
  }
  const texts = {
    ReLU: () => [chips(["x", inside], "max(0, x) =", ["", value]), `A ReLU lets through what is above 0${inside > 0 ? ", as this is" : "; this is not, so 0 goes on, and no gradient comes back"}.`],
    BatchNorm: () => {
      const [mean, variance, gamma, beta] = ["running_mean", "running_var", "gamma", "beta"].map((name) => node[name].data[channel]);
      return [chips(["x", inside], "\u2212", ["mean", mean], "over \u221a", ["variance", variance], "\u00d7", ["\u03b3", gamma], "+", ["\u03b2", beta], "=", ["", value]), "In use the mean and the variance are those that the training has collected."];
    },
    GlobalAveragePool: () => [chips([`mean of ${H} \u00d7 ${W}`, value]), "One number is left of each map."],
    Dropout: () => [chips(["x", inside], "=", ["", value]), "In use nothing is dropped."],
    Flatten: () => [chips(["", value]), "The same numbers, in a row."],
    Softmax: () => [chips(["score", inside], "softmax", ["", value]), "Scores turned into shares that add up to 1."],
    Residual: () => [chips(...app.network.inputs(app.selected.node, app.x, app.outs).flatMap((part, i) => [...(i ? ["+"] : []), [i ? "shortcut" : "body", part.data[(channel * H + row) * W + column]]]), "=", ["", value]), "The sum of both ways."],
  };
  const [line, text] = texts[node.type]?.() ?? [chips(["", value]), "One number of this layer."];
  return [line, make("p", { text })];
}

/** A convolution's or dense layer's unit: window, filter, products; each channel; the sum. */
function weighted(app, node, window, { x, value, source, first, channel, row, column }) {
  const { sums, bias } = contributions(node, x, channel, row, column);
  const [, H, W] = axes(x.shape);
  const [FH, FW] = window ? [window.FH, window.FW] : [H, W];
  const size = FH * FW;
  const seen = window ? window.channels[app.input] : [...x.data.subarray(source * H * W, (source + 1) * H * W)];
  const M = node.w.shape.at(-1);
  const filter = window
    ? [...node.w.data.subarray((channel * sums.length + app.input) * size, (channel * sums.length + app.input + 1) * size)]
    : seen.map((_, p) => node.w.data[(source * H * W + p) * M + channel]);
  const products = seen.map((number, p) => (number ?? 0) * filter[p]);
  const parts = [];
  const isWritten = FH <= MOST_NUMBERS && FW <= MOST_NUMBERS;
  const shown = [[window ? "window" : "input", seen, largest(x.data)], [window ? "filter" : "weights", filter, largest(node.w.data)], ["products", products, Math.max(largest(products), 1e-9)]];
  if (isWritten) {
    const tables = shown.map(([caption, values, most]) => numbers(caption, values, FW, most));
    parts.push(make("div", { class: "tables" }, tables[0], make("span", { class: "sign", text: "\u00d7" }), tables[1], make("span", { class: "sign", text: "=" }), tables[2]));
  } else {
    const planes = shown.map(([caption, values, most]) => {
      const plane = new Plane({ label: caption, side: 150 });
      const colour = signed(most);
      plane.show({ H: FH, W: FW, colour: (p) => colour(values[p] ?? 0) });
      return make("figure", {}, make("figcaption", { text: caption }), plane.canvas);
    });
    parts.push(make("div", { class: "tables" }, ...planes));
  }
  const total = sums.reduce((sum, each) => sum + each, 0);
  const after = rectified(app) ? ["ReLU", ["", Math.max(0, value)]] : [];
  parts.push(chips([sums.length > 1 ? `\u03a3 of all ${sums.length} channels` : "\u03a3 of the products", total], "+", ["bias", bias], "=", [isDense(node) ? "score" : "unit", value], ...(after.length ? ["\u2192 ReLU \u2192", after[1]] : [])));
  if (sums.length > 1) {
    const order = [...sums.keys()].sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a])).slice(0, MOST_BARS);
    const rows = bars(order.map((c) => ({ name: `channel ${first + c}`, value: sums[c], text: say(sums[c]), isBest: c === app.input })),
      { most: largest(sums), isSigned: true, choose: (i) => {
        app.input = order[i];
        app.changed("selection");
      } });
    parts.push(make("details", { class: "channels" }, make("summary", { text: `What each channel of the input adds${order.length < sums.length ? ` (the ${order.length} largest)` : ""}: choose one to see its numbers` }), make("div", { class: "bars two" }, ...rows)));
  }
  return parts;
}

/** Numbers with names, and signs between them, as one line. */
function chips(...parts) {
  return make("p", { class: "chips" }, ...parts.map((part) => (typeof part === "string" ? make("span", { class: "sign", text: part })
    : make("span", { class: "chip" }, ...(part[0] ? [make("small", { text: part[0] })] : []), make("b", { text: say(part[1], 3) })))));
}
