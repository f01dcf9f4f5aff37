// Click a unit of a layer, see its receptive field on the image. Plain JavaScript, no network.
// The first part computes and knows nothing of the page; the second part draws.

/** The pixels that unit (row, column) sees: {top, left, height, width}; may leave the image. */
export function seen(field, row, column) {
  return {
    top: field.start[0] + row * field.step[0],
    left: field.start[1] + column * field.step[1],
    height: field.size[0],
    width: field.size[1],
  };
}

/** Lowest and highest value of the maps, 0 among them, never equal. */
export function range(maps) {
  let low = 0;
  let high = 0;
  for (const map of maps) for (const line of map) for (const value of line) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low === high ? [low, low + 1] : [low, high];
}

/** A value as a shade of grey from 0 (lowest) to 255 (highest). */
export function shade(value, [low, high]) {
  return Math.round((255 * (value - low)) / (high - low));
}

/** The place of the unit with the highest value: [row, column], the first of equal ones. */
export function strongest(map) {
  let best = [0, 0];
  map.forEach((line, i) => line.forEach((value, j) => {
    if (value > map[best[0]][best[1]]) best = [i, j];
  }));
  return best;
}

// ---------------------------------------------------------------------------------------------

const NAMES = ["image", "layer", "channel", "row", "column", "names", "layers", "pixels", "maps",
  "field", "shown"];
const SIDE = { image: 256, map: 256, patch: 160, thumb: 44 };

/** Draw rows x columns cells; `colour(i, j)` gives [r, g, b]. The canvas has one pixel per cell. */
function paint(canvas, rows, columns, side, colour) {
  canvas.width = columns;
  canvas.height = rows;
  const scale = side / Math.max(rows, columns);
  canvas.style.width = `${columns * scale}px`;
  canvas.style.height = `${rows * scale}px`;
  const context = canvas.getContext("2d");
  const data = context.createImageData(columns, rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const [r, g, b] = colour(i, j);
      data.data.set([r, g, b, 255], 4 * (i * columns + j));
    }
  }
  context.putImageData(data, 0, 0);
  return scale;
}

/** Room around the image for the fields that leave it, in pixels of the image: [top, right,
 * bottom, left]. It is that of all units of the layer, so that nothing moves with the unit. */
export function overhang(field, units, image) {
  const before = field.start.map((start) => Math.max(0, -start));
  const after = field.start.map((start, axis) => Math.max(
    0, start + (units[axis] - 1) * field.step[axis] + field.size[axis] - image[axis]));
  return [before[0], after[1], after[0], before[1]];
}

/** Put the frame over rows x columns cells of a picture. */
function place(frame, scale, { top, left, height, width }) {
  Object.assign(frame.style, {
    top: `${top * scale}px`, left: `${left * scale}px`,
    width: `${width * scale}px`, height: `${height * scale}px`,
  });
}

function stage(title) {
  const box = element("div", "uv-labelled");
  const head = element("div", "uv-title", title);
  const holder = element("div", "uv-holder");
  const canvas = element("canvas", "uv-canvas");
  const frame = element("div", "uv-frame");
  holder.append(canvas, frame);
  const below = element("div", "uv-below");
  box.append(head, holder, below);
  return { box, head, holder, canvas, frame, below };
}

function select(label, onChange) {
  const box = element("label", "uv-choice");
  const node = element("select", "uv-select");
  node.setAttribute("aria-label", label);
  node.addEventListener("change", () => onChange(Number(node.value)));
  box.append(element("span", "uv-name", label), node);
  return { box, node };
}

function fill(node, pairs, chosen) {
  const text = JSON.stringify(pairs);
  if (node.dataset.options !== text) {
    node.dataset.options = text;
    node.replaceChildren(...pairs.map(([value, name]) => {
      const option = element("option", "", name);
      option.value = value;
      return option;
    }));
  }
  node.value = String(chosen);
}

function render({ model, el }) {
  const root = rootOf("uv-root");
  root.tabIndex = 0;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Units of a network and what they see");
  const state = () => Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  const change = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    draw();
  };

  const images = select("image", (image) => change({ image }));
  const layers = select("layer", (layer) => change({ layer }));
  const best = element("button", "uv-button", "strongest unit");
  best.type = "button";
  best.title = "the unit of this map with the highest value";
  best.addEventListener("click", () => {
    const s = state();
    const [row, column] = strongest(s.maps[s.channel]);
    change({ row, column });
  });
  const choices = element("div", "uv-row");
  choices.append(images.box, layers.box, best);
  const message = element("div", "uv-message");
  message.setAttribute("role", "status");
  const thumbs = element("div", "uv-thumbs");
  thumbs.setAttribute("aria-label", "channels");
  const image = stage("image");
  const map = stage("");
  map.canvas.classList.add("uv-clickable");
  const patch = stage("it sees");
  patch.frame.remove();
  const pictures = element("div", "uv-row");
  pictures.append(image.box, map.box, patch.box);
  root.append(choices, message, thumbs, pictures);
  el.append(root);

  map.canvas.addEventListener("click", (event) => {
    const s = state();
    const lines = s.maps[s.channel];
    const box = map.canvas.getBoundingClientRect();
    const within = (share, count) => Math.max(0, Math.min(count - 1, Math.floor(share * count)));
    change({
      row: within((event.clientY - box.top) / box.height, lines.length),
      column: within((event.clientX - box.left) / box.width, lines[0].length),
    });
  });
  root.addEventListener("keydown", (event) => {
    if (event.target.tagName === "SELECT") return;
    const [down, right] = {
      ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
    }[event.key] || [0, 0];
    if (!down && !right) return;
    event.preventDefault();
    event.stopPropagation(); // the notebook would move to another cell
    const s = state();
    const lines = s.maps[s.channel];
    change({
      row: Math.max(0, Math.min(lines.length - 1, s.row + down)),
      column: Math.max(0, Math.min(lines[0].length - 1, s.column + right)),
    });
  });

  function drawThumbs(s, limits) {
    const key = JSON.stringify(s.shown);
    if (thumbs.dataset.shown !== key) {
      thumbs.dataset.shown = key;
      thumbs.replaceChildren(...s.maps.map((lines, channel) => {
        const node = element("button", "uv-thumb");
        node.type = "button";
        node.title = `channel ${channel}`;
        const canvas = element("canvas", "uv-canvas");
        paint(canvas, lines.length, lines[0].length, SIDE.thumb, (i, j) => {
          const grey = shade(lines[i][j], limits);
          return [grey, grey, grey];
        });
        node.append(canvas, element("span", "uv-number", String(channel)));
        node.addEventListener("click", () => change({ channel }));
        return node;
      }));
    }
    [...thumbs.children].forEach((node, channel) => {
      node.classList.toggle("uv-chosen", channel === s.channel);
      node.setAttribute("aria-pressed", String(channel === s.channel));
    });
  }

  function draw() {
    const s = state();
    fill(images.node, s.names.map((name, i) => [i, `${i}: ${name}`]), s.image);
    fill(layers.node, s.layers, s.layer);
    const waiting = s.shown[0] !== s.image || s.shown[1] !== s.layer;
    root.classList.toggle("uv-waiting", waiting);
    if (waiting) {
      message.textContent = "Waiting for the kernel ...";
      return;
    }
    const lines = s.maps[s.channel];
    if (lines === undefined || lines[s.row]?.[s.column] === undefined) return;
    const limits = range(s.maps);
    drawThumbs(s, limits);
    const field = seen(s.field, s.row, s.column);
    const scale = paint(image.canvas, s.pixels.length, s.pixels[0].length, SIDE.image,
      (i, j) => s.pixels[i][j]);
    const room = overhang(s.field, [lines.length, lines[0].length],
      [s.pixels.length, s.pixels[0].length]);
    image.holder.style.margin = room.map((pixels) => `${pixels * scale + 8}px`).join(" ");
    place(image.frame, scale, field);
    const unit = paint(map.canvas, lines.length, lines[0].length, SIDE.map, (i, j) => {
      const grey = shade(lines[i][j], limits);
      return [grey, grey, grey];
    });
    place(map.frame, unit, { top: s.row, left: s.column, height: 1, width: 1 });
    paint(patch.canvas, field.height, field.width, SIDE.patch,
      (i, j) => s.pixels[field.top + i]?.[field.left + j] ?? [128, 128, 128]);
    const name = s.layers.find(([number]) => number === s.layer)[1];
    map.head.textContent = `${name}, channel ${s.channel} (click a unit)`;
    map.below.textContent = `black is ${limits[0]}, white is ${limits[1]}`;
    image.below.textContent = `${s.pixels.length} x ${s.pixels[0].length} pixels`;
    patch.below.textContent = "grey: outside of the image";
    message.textContent = `Unit (${s.row}, ${s.column}) is ${lines[s.row][s.column]}. It sees `
      + `${field.height} x ${field.width} pixels from (${field.top}, ${field.left}).`;
  }

  const events = NAMES.map((name) => `change:${name}`).join(" ");
  model.on(events, draw);
  draw();
  return () => model.off(events, draw);
}

export default { render };
