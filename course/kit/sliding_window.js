// The sliding window: a filter on an image, one place at a time. Plain JavaScript, no network.
// The first part computes and knows nothing of the page; the second part draws.

/** Places a filter takes along one axis, or null where it does not fit. */
export function places(size, filterSize, stride, padding) {
  const span = size - filterSize + 2 * padding;
  return span < 0 || span % stride ? null : span / stride + 1;
}

/** Why a filter does not fit along one axis, as a sentence; "" where it fits. */
export function misfit(axis, size, filterSize, stride, padding) {
  if (places(size, filterSize, stride, padding) !== null) return "";
  const span = size - filterSize + 2 * padding;
  const sum = `${size} − ${filterSize} + 2·${padding} = ${span}`;
  if (span < 0) return `${axis}: ${sum} is negative. The filter is larger than the padded image.`;
  const fitting = [];
  for (let other = 1; other <= span; other++) if (span % other === 0) fitting.push(other);
  return `${axis}: ${sum} is not a multiple of the stride ${stride}. Strides that fit: ${fitting.join(", ")}.`;
}

/** The misfits of both axes. `s` holds image, filter_height, filter_width, stride, padding. */
export function misfits(s, stride = s.stride) {
  return [
    misfit("Height", s.image[0].length, s.filter_height, stride, s.padding),
    misfit("Width", s.image[0][0].length, s.filter_width, stride, s.padding),
  ].filter(Boolean);
}

/** [HO, WO], or null where the filter does not fit. */
export function outputShape(s) {
  const rows = places(s.image[0].length, s.filter_height, s.stride, s.padding);
  const columns = places(s.image[0][0].length, s.filter_width, s.stride, s.padding);
  return rows === null || columns === null ? null : [rows, columns];
}

/** A number of the padded image: 0 outside the image. */
export function pixel(s, channel, row, column) {
  const line = s.image[channel][row - s.padding];
  const value = line === undefined ? undefined : line[column - s.padding];
  return value === undefined ? 0 : value;
}

/** What the neuron at one place computes: products and their sum per channel, and the answer. */
export function answer(s, row, column) {
  const products = s.image.map((_, channel) =>
    Array.from({ length: s.filter_height }, (_, i) =>
      Array.from({ length: s.filter_width }, (_, j) =>
        pixel(s, channel, row * s.stride + i, column * s.stride + j) * s.weights[channel][i][j])));
  const sums = products.map((grid) => grid.flat().reduce((a, b) => a + b, 0));
  return { products, sums, value: sums.reduce((a, b) => a + b, 0) + s.bias };
}

/** A number in few characters, with a true minus sign. */
export function short(value) {
  const text = Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  return text.replace("-", "−");
}

// ---------------------------------------------------------------------------------------------

const NAMES = ["image", "weights", "bias", "filter_height", "filter_width", "stride", "padding",
  "row", "column"];
const LARGEST = { filter: 5, stride: 4, padding: 2 };

function button(text, title, onClick) {
  const node = element("button", "sw-button", text);
  node.type = "button";
  node.title = title;
  node.addEventListener("click", onClick);
  return node;
}

/** A table of numbers. `look(i, j)` gives {text, classes, onClick, input} of each cell. */
function grid(rows, columns, label, look) {
  const table = element("table", "sw-grid");
  table.setAttribute("aria-label", label);
  for (let i = 0; i < rows; i++) {
    const line = table.insertRow();
    for (let j = 0; j < columns; j++) {
      const { text, classes = "", onClick, input } = look(i, j);
      const cell = line.insertCell();
      cell.className = classes;
      if (input) cell.append(input);
      else cell.textContent = text;
      if (onClick) {
        cell.classList.add("sw-clickable");
        cell.addEventListener("click", onClick);
      }
    }
  }
  return table;
}

function labelled(title, ...nodes) {
  const box = element("div", "sw-labelled");
  box.append(element("div", "sw-title", title), ...nodes);
  return box;
}

function render({ model, el }) {
  const root = rootOf("sw-root");
  root.tabIndex = 0;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "A filter sliding over an image");
  const choices = element("div", "sw-row");
  const travel = element("div", "sw-row");
  const message = element("div", "sw-message");
  message.setAttribute("role", "status");
  const stage = element("div", "sw-stage");
  const channels = element("div", "sw-channels");
  const output = element("div", "sw-result");
  stage.append(channels, output);
  root.append(choices, travel, message, stage);
  el.append(root);

  let seen = new Set(); // places whose answer has been shown
  let settings = ""; // what `seen` belongs to
  let lines = []; // one per channel: its row in the page, and the parts of it that are drawn anew

  const state = () => Object.fromEntries(NAMES.map((name) => [name, model.get(name)]));
  const change = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    draw();
  };

  const groups = [];
  function choice(title, name, numbers) {
    const box = element("div", "sw-choice");
    box.append(element("span", "sw-name", title));
    const buttons = numbers.map((number) => {
      const node = button(String(number), "", () => change({ [name]: number }));
      box.append(node);
      return node;
    });
    groups.push({ name, numbers, buttons });
    choices.append(box);
  }
  const from = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
  choice("filter height FH", "filter_height", from(1, LARGEST.filter));
  choice("filter width FW", "filter_width", from(1, LARGEST.filter));
  choice("stride S", "stride", from(1, LARGEST.stride));
  choice("padding P", "padding", from(0, LARGEST.padding));

  const slider = element("input", "sw-slider");
  slider.type = "range";
  slider.min = 0;
  slider.setAttribute("aria-label", "place of the window");
  slider.addEventListener("input", () => go(Number(slider.value)));
  const place = element("span", "sw-place");
  const back = button("◀ back", "previous place (arrow keys move the window, too)", () => step(-1));
  const next = button("step ▶", "next place (arrow keys move the window, too)", () => step(1));
  const all = button("show all", "show every answer", () => {
    const shape = outputShape(state());
    if (shape) for (let i = 0; i < shape[0] * shape[1]; i++) seen.add(i);
    draw();
  });
  const clear = button("start again", "first place, hide the answers", () => {
    seen = new Set();
    change({ row: 0, column: 0 });
  });
  travel.append(back, slider, next, place, all, clear);

  function go(index) {
    const shape = outputShape(state());
    if (!shape) return;
    const bounded = Math.max(0, Math.min(shape[0] * shape[1] - 1, index));
    change({ row: Math.floor(bounded / shape[1]), column: bounded % shape[1] });
  }
  function step(by) {
    const s = state();
    const shape = outputShape(s);
    if (shape) go(s.row * shape[1] + s.column + by);
  }
  root.addEventListener("keydown", (event) => {
    if (event.target.tagName === "INPUT") return;
    const s = state();
    const shape = outputShape(s);
    const [down, right] = {
      ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
    }[event.key] || [0, 0];
    if (!shape || (!down && !right)) return;
    event.preventDefault();
    event.stopPropagation(); // the notebook would move to another cell
    const row = Math.max(0, Math.min(shape[0] - 1, s.row + down));
    const column = Math.max(0, Math.min(shape[1] - 1, s.column + right));
    change({ row, column });
  });

  function drawChoices(s) {
    for (const { name, numbers, buttons } of groups) {
      buttons.forEach((node, i) => {
        const problems = misfits({ ...s, [name]: numbers[i] });
        node.classList.toggle("sw-chosen", s[name] === numbers[i]);
        node.classList.toggle("sw-invalid", problems.length > 0);
        node.setAttribute("aria-pressed", String(s[name] === numbers[i]));
        node.title = problems.join("\n");
      });
    }
  }

  /** The weights of one channel. They stay in the page while one types and moves from one to the next. */
  function drawFilter(s, channel) {
    const { slots } = lines[channel];
    const size = `${s.filter_height} x ${s.filter_width}`;
    if (slots.filter.dataset.size !== size) {
      slots.filter.dataset.size = size;
      slots.filter.replaceChildren(labelled("filter (edit me)",
        grid(s.filter_height, s.filter_width, `filter, channel ${channel}`, (i, j) => ({
          classes: "sw-filter", input: weightInput(channel, i, j),
        }))));
    }
    for (const input of slots.filter.querySelectorAll("input")) {
      const { i, j } = input.dataset;
      if (input !== document.activeElement) input.value = short(s.weights[channel][i][j]);
    }
  }

  function weightInput(channel, i, j) {
    const input = element("input", "sw-weight");
    input.type = "text";
    input.inputMode = "decimal";
    Object.assign(input.dataset, { i, j });
    input.setAttribute("aria-label", `weight, channel ${channel}, row ${i}, column ${j}`);
    input.addEventListener("focus", () => input.select());
    const apply = () => {
      const value = Number(input.value.replace("−", "-").replace(",", "."));
      const weights = structuredClone(model.get("weights"));
      if (input.value.trim() !== "" && Number.isFinite(value)) weights[channel][i][j] = value;
      input.value = short(weights[channel][i][j]);
      change({ weights });
    };
    input.addEventListener("change", apply);
    // JupyterLab keeps Enter from ending the edit.
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.stopPropagation();
      apply();
      input.select();
    });
    return input;
  }

  /** One channel: the padded image with the window, times the filter, gives products. */
  function drawChannel(s, channel, shape, result) {
    const { slots } = lines[channel];
    const height = s.image[0].length + 2 * s.padding;
    const width = s.image[0][0].length + 2 * s.padding;
    const top = s.row * s.stride;
    const left = s.column * s.stride;
    const picture = grid(height, width, `channel ${channel} of the padded image`, (i, j) => {
      const inside = shape && i >= top && i < top + s.filter_height && j >= left && j < left + s.filter_width;
      const border = i < s.padding || j < s.padding || i >= height - s.padding || j >= width - s.padding;
      const classes = [border ? "sw-zero" : "sw-pixel"];
      if (inside) {
        classes.push("sw-window");
        if (i === top) classes.push("sw-top");
        if (j === left) classes.push("sw-left");
        if (i === top + s.filter_height - 1) classes.push("sw-bottom");
        if (j === left + s.filter_width - 1) classes.push("sw-right");
      }
      const onClick = shape && (() => change({
        row: Math.min(shape[0] - 1, Math.floor(i / s.stride)),
        column: Math.min(shape[1] - 1, Math.floor(j / s.stride)),
      }));
      return { text: short(pixel(s, channel, i, j)), classes: classes.join(" "), onClick };
    });
    slots.image.replaceChildren(labelled(`x, channel ${channel}`, picture));
    drawFilter(s, channel);
    slots.products.replaceChildren();
    if (!shape) return;
    const products = grid(s.filter_height, s.filter_width, `products, channel ${channel}`, (i, j) => ({
      text: short(result.products[channel][i][j]), classes: "sw-product",
    }));
    slots.products.append(
      element("span", "sw-sign", "="),
      labelled("products", products),
      element("span", "sw-sum", `sum ${short(result.sums[channel])}`),
    );
  }

  function drawOutput(s, shape) {
    const [HO, WO] = shape;
    const table = grid(HO, WO, "output", (i, j) => {
      const here = i === s.row && j === s.column;
      const known = seen.has(i * WO + j);
      return {
        text: known ? short(answer(s, i, j).value) : "?",
        classes: `sw-output${here ? " sw-here" : ""}${known ? "" : " sw-unknown"}`,
        onClick: () => change({ row: i, column: j }),
      };
    });
    return labelled(`output, ${HO} x ${WO} (click a place)`, table);
  }

  function makeLines(count) {
    lines = Array.from({ length: count }, () => {
      const slots = { image: element("div"), filter: element("div"), products: element("div", "sw-channel") };
      const line = element("div", "sw-channel");
      line.append(slots.image, element("span", "sw-sign", "·"), slots.filter, slots.products);
      return { line, slots };
    });
    channels.replaceChildren(...lines.map(({ line }) => line));
  }

  function draw() {
    const s = state();
    const now = JSON.stringify([s.image, s.weights, s.bias, s.filter_height, s.filter_width, s.stride, s.padding]);
    if (now !== settings) seen = new Set();
    settings = now;
    if (lines.length !== s.image.length) makeLines(s.image.length);
    drawChoices(s);
    const shape = outputShape(s);
    message.classList.toggle("sw-error", !shape);
    for (const node of [back, next, slider, all, clear]) node.disabled = !shape;
    if (!shape) {
      place.textContent = "";
      message.textContent = `Does not fit. ${misfits(s).join(" ")}`;
      output.replaceChildren();
      return s.image.forEach((_, channel) => drawChannel(s, channel, null, null));
    }
    const moved = { row: Math.min(s.row, shape[0] - 1), column: Math.min(s.column, shape[1] - 1) };
    if (moved.row !== s.row || moved.column !== s.column) return change(moved);
    const last = shape[0] * shape[1] - 1;
    const index = s.row * shape[1] + s.column;
    seen.add(index);
    slider.max = last;
    slider.value = index;
    back.disabled = index === 0;
    next.disabled = index === last;
    place.textContent = `place ${index + 1} of ${last + 1}`;
    const result = answer(s, s.row, s.column);
    const parts = [...result.sums.map(short), `bias ${s.bias < 0 ? `(${short(s.bias)})` : short(s.bias)}`];
    const sum = parts.map((part, i) => (i && part.startsWith("−") ? `(${part})` : part)).join(" + ");
    message.textContent = `out[${s.row}, ${s.column}] = ${sum} = ${short(result.value)}`;
    s.image.forEach((_, channel) => drawChannel(s, channel, shape, result));
    output.replaceChildren(drawOutput(s, shape));
  }

  const events = NAMES.map((name) => `change:${name}`).join(" ");
  model.on(events, draw);
  draw();
  return () => model.off(events, draw);
}

export default { render };
