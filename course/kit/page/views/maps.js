// View 2: every layer as a column of maps, live; forward, or the gradient of a score.

import { arrow, css, find, largest, legend, looks, make, outline, pixels, say, signed, sized, textOn } from "../draw.js";
import { axes, volume } from "../layers.js";
import { contributions, isConv, isDense } from "../network.js";

const [SMALL, USUAL, LARGE] = [26, 36, 44]; // pixels of a map's longer side
const GAP = 5;
const TALLEST = 12; // maps in a column, before there is another one beside it
const MOST_EDGES = 12;

export function mapsView(app) {
  const { nodes } = app.network;
  let isBackward = false;
  const ramp = legend("each layer has its own scale, written above it");
  const switches = make("fieldset", { class: "choice" }, make("legend", { text: "What the maps show" }),
    ...["forward", "backward"].map((text, place) => make("label", {},
      make("input", { type: "radio", name: "direction", value: place, checked: !place, onchange: () => {
        isBackward = Boolean(place);
        draw();
      } }), make("span", { text }))));
  find("#layers .controls").append(switches, ramp);

  const edges = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  edges.setAttribute("class", "edges");
  edges.setAttribute("aria-hidden", "true");
  const row = make("div", { class: "columns" });
  const places = [-1, ...nodes.keys()];
  const columns = places.map((place) => {
    const node = nodes[place];
    const shape = node ? node.shape : app.shape;
    const grid = {};
    const canvas = make("canvas", { tabindex: node ? 0 : undefined, role: node ? "application" : "img",
      "aria-label": node ? `${node.name}: ${shape[0]} maps. Arrow keys choose one.` : "the picture" });
    const scale = make("span", { class: "scale" });
    const column = make("div", { class: "column" }, make("h3", { text: node ? node.name.split(" ").slice(1).join(" ") : "input" }),
      make("p", { class: "shape", text: shape.join("\u00d7") }), scale, canvas);
    if (node) {
      column.title = node.name;
      const choose = (event) => {
        const box = canvas.getBoundingClientRect();
        const found = grid.find((event.clientX - box.left) / box.width * grid.width, (event.clientY - box.top) / box.height * grid.height);
        if (found) app.select({ node: place, ...found });
      };
      canvas.addEventListener("click", choose);
      canvas.addEventListener("keydown", (event) => {
        const step = arrow(event);
        if (!step) return;
        event.preventDefault();
        const isHere = app.selected.node === place;
        const channel = (isHere ? app.selected.channel : 0) + (isHere ? step[0] * grid.across + step[1] : 0);
        app.select({ node: place, channel: Math.max(0, Math.min(grid.K - 1, channel)) });
      });
    }
    row.append(column);
    return { place, canvas, grid, scale, column };
  });
  row.append(edges);
  const scroll = find("#layers .scroll");

  /** Maps as large as all layers have room for; USUAL where one has to scroll in any case. */
  function arrange() {
    const gaps = parseFloat(getComputedStyle(row).columnGap) * columns.length;
    let cell = LARGE;
    const sizes = () => columns.map(({ place }) =>
      place < 0 ? layout([1, ...app.shape.slice(1)], null, 2 * cell) : layout(nodes[place].shape, place === nodes.length - 1 ? app.classes : null, cell));
    const isTooWide = () => sizes().reduce((sum, { width }) => sum + Math.max(width, 70), gaps) > scroll.clientWidth;
    while (cell >= SMALL && isTooWide()) cell--;
    if (cell < SMALL) cell = USUAL;
    sizes().forEach((grid, i) => Object.assign(columns[i].grid, grid));
  }
  scroll.append(row);

  function draw() {
    ramp.redraw();
    arrange();
    for (const column of columns) drawColumn(column);
    drawEdges();
    const { node, channel } = app.selected;
    find("#layers .caption").textContent = isBackward
      ? `Backward: each number says how much the score of \u201c${app.classes[app.asked]}\u201d would rise if that number rose by 1.`
      : `Framed: map ${channel} of ${nodes[node].name}. At the dot it is ${say(valueAt(app))}, made of what the lines bring: orange and solid adds, purple and dashed subtracts, and the thicker the more.`;
  }

  function drawColumn({ place, canvas, grid, scale }) {
    const shown = isBackward ? (place < 0 ? summed(app.gradients.input) : app.gradients[place]) : place < 0 ? app.x : app.outs[place];
    const most = largest(shown.data);
    const context = sized(canvas, grid.width, grid.height);
    scale.textContent = place < 0 && !isBackward ? "\u00a0" : `\u00b1${say(most)}`;
    const colour = signed(most);
    const { K, H, W } = grid;
    if (place < 0) {
      const look = isBackward ? (p) => colour(shown.data[p]) : looks(app.shownPicture);
      const box = grid.box(0);
      context.drawImage(pixels(H, W, look), box.x, box.y, box.width, box.height);
    } else {
      for (let k = 0; k < K; k++) {
        const { x, y, width, height } = grid.box(k);
        context.drawImage(pixels(H, W, (p) => colour(shown.data[k * H * W + p])), x, y, width, height);
        if (!grid.names) continue;
        const value = shown.data[k];
        context.fillStyle = textOn(colour(value));
        context.font = "12px system-ui, sans-serif";
        [context.textAlign, context.textBaseline] = ["right", "middle"];
        context.fillText(say(value), x + width - 6, y + height / 2);
        context.fillStyle = css("--ink");
        context.textAlign = "left";
        context.fillText(grid.names[k], x + width + 6, y + height / 2, 84);
      }
    }
    const { selected } = app;
    if (selected.node === place) {
      const { x, y, width, height } = grid.box(selected.channel);
      outline(context, x, y, width, height);
      if (H * W > 1) {
        context.fillStyle = css("--mark");
        context.beginPath();
        context.arc(x + (selected.column + 0.5) * width / W, y + (selected.row + 0.5) * height / H, 3, 0, 7);
        context.fill();
      }
    }
  }

  /** Lines to the selected map from the maps that it is made of. */
  function drawEdges() {
    const { node, channel, row: at, column } = app.selected;
    const chosen = nodes[node];
    edges.replaceChildren();
    if (isBackward) return; // they are of the way forward
    const box = row.getBoundingClientRect();
    edges.setAttribute("width", row.scrollWidth);
    edges.setAttribute("height", row.scrollHeight);
    const spot = (place, k, end) => {
      const { canvas, grid } = columns[place + 1];
      const area = canvas.getBoundingClientRect();
      const cell = grid.box(place < 0 ? 0 : k);
      const ratio = area.width / grid.width;
      return [area.left - box.left + (cell.x + end * cell.width) * ratio, area.top - box.top + (cell.y + cell.height / 2) * ratio];
    };
    const weighed = [];
    if (isConv(chosen) || isDense(chosen)) {
      const { sums, first } = contributions(chosen, app.inputOf(node), channel, at, column);
      const source = chosen.from[0];
      const { K } = columns[source + 1].grid; // fewer, where the image or a flattened volume comes in
      sums.forEach((sum, c) => weighed.push({ source, from: Math.min(first + c, K - 1), sum }));
    } else for (const source of chosen.from) weighed.push({ source, from: channel, sum: app.outs[node].data[0] >= 0 ? 1 : -1, isPlain: true });
    weighed.sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
    const most = Math.abs(weighed[0]?.sum) || 1;
    for (const { source, from, sum, isPlain } of weighed.slice(0, MOST_EDGES)) {
      if (!sum) continue;
      const [x1, y1] = spot(source, from, 1);
      const [x2, y2] = spot(node, channel, 0);
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      const bend = Math.max(24, (x2 - x1) / 2);
      path.setAttribute("d", `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`);
      path.setAttribute("class", isPlain ? "plain" : sum < 0 ? "minus" : "plus");
      path.setAttribute("stroke-width", isPlain ? 2 : (0.8 + 3.2 * Math.abs(sum) / most).toFixed(2));
      edges.append(path);
    }
  }
  app.add({ section: find("#layers"), draw });
  new ResizeObserver(() => drawEdges()).observe(row);
}

function valueAt(app) {
  const { node, channel, row, column } = app.selected;
  const [, H, W] = axes(app.network.nodes[node].shape);
  return app.outs[node].data[(channel * H + row) * W + column];
}

/** Over the channels, so that a picture of three has one map. */
function summed({ shape: [C, H, W], data }) {
  const sums = volume([1, H, W]);
  for (let c = 0; c < C; c++) for (let p = 0; p < H * W; p++) sums.data[p] += data[c * H * W + p];
  return sums;
}

/** Where the maps of a layer stand on its canvas; `side` is a map's longer one. */
function layout(shape, names, side) {
  const [K, H, W] = axes(shape);
  if (H * W === 1) {
    const isNamed = names && K <= 24;
    const down = isNamed ? K : Math.min(K, 24);
    const across = isNamed ? 1 : Math.ceil(K / down);
    const [cell, tall] = isNamed ? [58, Math.max(18, Math.min(36, 340 / K))] : [12, 12];
    const gap = isNamed ? 4 : 2;
    return placed({ K, H, W, across, cell, width: across * (cell + gap) + (isNamed ? 92 : 0), height: down * (tall + gap), boxWidth: cell, boxHeight: tall, gap, names: isNamed ? names : null });
  }
  const cell = side / Math.max(H, W);
  const across = Math.ceil(K / TALLEST);
  const [boxWidth, boxHeight] = [W * cell, H * cell];
  const down = Math.ceil(K / across);
  return placed({ K, H, W, across, cell, boxWidth, boxHeight, gap: GAP, width: across * (boxWidth + GAP), height: down * (boxHeight + GAP) });
}

function placed(grid) {
  const { K, H, W, across, boxWidth, boxHeight, gap } = grid;
  grid.box = (k) => ({ x: (k % across) * (boxWidth + gap) + 1, y: Math.floor(k / across) * (boxHeight + gap) + 1, width: boxWidth, height: boxHeight });
  grid.find = (x, y) => {
    const channel = Math.floor(y / (boxHeight + gap)) * across + Math.min(across - 1, Math.floor(x / (boxWidth + gap)));
    if (channel >= K) return null;
    const box = grid.box(channel);
    const inside = (value, length) => Math.max(0, Math.min(length - 1, Math.floor(value * length)));
    return { channel, row: inside((y - box.y) / boxHeight, H), column: inside((x - box.x) / boxWidth, W) };
  };
  grid.width += 2;
  grid.height += 2;
  return grid;
}
