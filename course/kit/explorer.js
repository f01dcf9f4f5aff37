// Sliders and a picture to click on; the kernel draws it anew. Plain JavaScript, no network.

function render({ model, el }) {
  const root = rootOf("ex-root");
  const sliders = element("div", "ex-sliders");
  const image = element("img", "ex-image");
  image.tabIndex = 0;
  image.draggable = false;
  const text = element("div", "ex-text");
  text.setAttribute("aria-live", "polite");
  root.append(element("div", "ex-title", model.get("title")), sliders, image, text);
  el.append(root);

  let wanted = null; // values that wait for the kernel
  let isBusy = false;
  const send = () => {
    if (isBusy || wanted === null) return;
    isBusy = true;
    model.set("values", wanted);
    wanted = null;
    model.save_changes();
    setTimeout(answered, 2000); // the picture may be the same as before
  };
  const answered = () => {
    isBusy = false;
    send();
  };
  const change = (name, value) => {
    wanted = { ...model.get("values"), ...wanted, [name]: value };
    showValues(wanted);
    send();
  };

  const controls = model.get("sliders").map((slider) => {
    const row = element("label", "ex-slider");
    const input = element("input", "ex-input");
    Object.assign(input, { type: "range", min: slider.low, max: slider.high, step: 1 });
    const shown = element("output", "ex-value");
    input.addEventListener("input", () => change(slider.name, Number(input.value)));
    row.append(element("span", "ex-name", slider.label), input, shown);
    sliders.append(row);
    return { slider, input, shown };
  });
  const showValues = (values) => {
    for (const { slider, input, shown } of controls) {
      const value = values[slider.name];
      input.value = value;
      shown.textContent = slider.texts[value - slider.low] ?? value;
      input.setAttribute("aria-valuetext", shown.textContent);
    }
  };

  let clicks = 0;
  image.addEventListener("click", (event) => {
    const box = image.getBoundingClientRect();
    model.set("clicked", [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, ++clicks]);
    model.save_changes();
  });
  image.addEventListener("keydown", (event) => {
    const [vertical, horizontal] = model.get("arrows");
    const [name, step] = { ArrowUp: [vertical, -1], ArrowDown: [vertical, 1], ArrowLeft: [horizontal, -1], ArrowRight: [horizontal, 1] }[event.key] ?? [];
    if (!name) return;
    event.preventDefault();
    event.stopPropagation(); // the notebook would move to another cell
    const { slider } = controls.find((each) => each.slider.name === name);
    const now = (wanted ?? model.get("values"))[name];
    change(name, Math.max(slider.low, Math.min(slider.high, now + step)));
  });

  function show() {
    image.src = `data:image/png;base64,${model.get("image")}`;
    image.alt = model.get("text");
    text.textContent = model.get("text");
    text.classList.toggle("ex-problem", model.get("problem"));
    if (wanted === null) showValues(model.get("values"));
  }
  const drawn = () => {
    show();
    answered();
  };
  model.on("change:image", drawn);
  model.on("change:text change:problem change:values", show);
  show();
  return () => {
    model.off("change:image", drawn);
    model.off("change:text change:problem change:values", show);
  };
}

export default { render };
