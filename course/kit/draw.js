// Draw a digit, watch a network read it. Plain JavaScript, no network.
// Strokes are lists of points [x, y] from 0 to 1; the kernel answers with pixels and shares.

const SIDE = 280;
const STEP = 0.05; // of one press of an arrow key
const PATIENCE = 120; // milliseconds between two drawings that are sent

function render({ model, el }) {
  const root = rootOf("dd-root");
  const stage = element("div", "dd-stage");
  const canvas = element("canvas", "dd-canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label",
    "canvas: arrow keys move the pen, space puts it down and lifts it, Delete clears");
  const ratio = window.devicePixelRatio || 1;
  canvas.width = canvas.height = SIDE * ratio;
  const seen = element("canvas", "dd-seen");
  seen.width = seen.height = 8;
  seen.setAttribute("role", "img");
  const bars = element("div", "dd-bars");
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const row = element("div", "dd-row");
    const bar = element("div", "dd-bar");
    const track = element("div", "dd-track");
    const number = element("span", "dd-number");
    track.append(bar);
    row.append(element("span", "dd-digit", String(digit)), track, number);
    bars.append(row);
    return { row, bar, number };
  });
  const clear = element("button", "dd-button", "clear");
  clear.type = "button";
  const hint = element("span", "dd-hint", "Mouse, finger, or keys: arrows move, space draws, Delete clears.");
  const text = element("div", "dd-text");
  text.setAttribute("aria-live", "polite");
  const warning = element("div", "dd-warning");
  warning.setAttribute("role", "status");
  const left = element("div");
  const below = element("div", "dd-below");
  below.append(clear, hint);
  left.append(element("div", "dd-title", "draw here"), canvas);
  const middle = element("div");
  middle.append(element("div", "dd-title", "what the network sees"), seen);
  const right = element("div", "dd-right");
  right.append(element("div", "dd-title", "the network's guess"), bars);
  stage.append(left, middle, right);
  root.append(stage, below, text, warning);
  el.append(root);

  let strokes = structuredClone(model.get("strokes"));
  let isExample = true; // until the learner draws
  let isDown = false;
  let pen = null; // of the keyboard: {x, y, isDown}
  let timer = null;

  const send = () => {
    timer = null;
    model.set("strokes", structuredClone(strokes));
    model.save_changes();
  };
  const changed = (isLast) => {
    paint();
    if (isLast) {
      clearTimeout(timer);
      send();
    } else if (timer === null) timer = setTimeout(send, PATIENCE);
  };
  const start = (point) => {
    if (isExample) strokes = [];
    isExample = false;
    strokes.push([point]);
  };
  const wipe = () => {
    strokes = [];
    isExample = false;
    pen = null;
    changed(true);
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const share = (value) => Math.round(1000 * Math.max(0, Math.min(1, value))) / 1000;
    return [share((event.clientX - box.left) / box.width), share((event.clientY - box.top) / box.height)];
  };

  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.focus();
    try { canvas.setPointerCapture(event.pointerId); } catch { /* not a real pointer */ }
    isDown = true;
    pen = null;
    start(place(event));
    changed(false);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!isDown) return;
    strokes.at(-1).push(place(event));
    changed(false);
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => {
    if (!isDown) return;
    isDown = false;
    changed(true);
  });
  clear.addEventListener("click", wipe);

  canvas.addEventListener("keydown", (event) => {
    const move = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!move && ![" ", "Delete", "Backspace"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation(); // the notebook would move to another cell
    if (event.key === "Delete" || event.key === "Backspace") return wipe();
    pen ??= { x: 0.5, y: 0.2, isDown: false };
    if (!move) {
      pen.isDown = !pen.isDown;
      if (pen.isDown) start([pen.x, pen.y]);
      return changed(true);
    }
    const bounded = (value) => Math.round(1000 * Math.max(0.05, Math.min(0.95, value))) / 1000;
    pen.x = bounded(pen.x + STEP * move[0]);
    pen.y = bounded(pen.y + STEP * move[1]);
    if (pen.isDown) strokes.at(-1).push([pen.x, pen.y]);
    changed(false);
  });

  function paint() {
    const context = canvas.getContext("2d");
    const style = getComputedStyle(root);
    context.setTransform(SIDE * ratio, 0, 0, SIDE * ratio, 0, 0);
    context.clearRect(0, 0, 1, 1);
    context.lineWidth = 0.07;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = style.color;
    context.globalAlpha = isExample ? 0.45 : 1;
    for (const stroke of strokes) {
      context.beginPath();
      context.moveTo(...stroke[0]);
      for (const point of stroke.length > 1 ? stroke.slice(1) : stroke) context.lineTo(...point);
      context.stroke();
    }
    context.globalAlpha = 1;
    if (!pen) return;
    context.lineWidth = 0.012;
    context.strokeStyle = "#d55e00";
    context.beginPath();
    context.arc(pen.x, pen.y, pen.isDown ? 0.025 : 0.045, 0, 7);
    context.stroke();
  }

  function show() {
    const shares = model.get("shares");
    const best = shares.indexOf(Math.max(...shares));
    rows.forEach(({ row, bar, number }, digit) => {
      const share = shares[digit] ?? 0;
      bar.style.width = `${100 * share}%`;
      number.textContent = shares.length ? `${Math.round(100 * share)} %` : "";
      row.classList.toggle("dd-best", digit === best);
    });
    const context = seen.getContext("2d");
    const image = context.createImageData(8, 8);
    model.get("pixels").flat().forEach((value, i) => {
      const grey = Math.round(255 * value);
      image.data.set([grey, grey, grey, 255], 4 * i);
    });
    context.putImageData(image, 0, 0);
    seen.setAttribute("aria-label", "the drawing in 8 times 8 pixels");
    text.textContent = model.get("text");
    warning.textContent = model.get("warning");
  }

  const events = "change:pixels change:shares change:text change:warning";
  model.on(events, show);
  paint();
  show();
  requestAnimationFrame(paint); // the theme's colour is known once the root is on the page
  return () => model.off(events, show);
}

export default { render };
