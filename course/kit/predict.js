// Gives the questions of course.kit.predict on this page a box or buttons to answer in.
for (const root of document.querySelectorAll(".course-predict:not([data-live])")) {
  root.dataset.live = "yes";
  root.addEventListener("keydown", (event) => { // a letter would be a command of the notebook's
    if (!event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey) event.stopPropagation();
  });
  const asked = JSON.parse(root.dataset.asked);
  const fold = root.querySelector("details");
  const row = document.createElement("div");
  row.style.cssText = "display:flex;flex-wrap:wrap;gap:8px;margin:4px 0";
  const said = document.createElement("p");
  said.setAttribute("aria-live", "polite");
  said.style.cssText = "margin:4px 0;min-height:1.5em";
  fold.previousElementSibling.replaceChildren(row, said);

  const add = (tag, properties, cursor) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.style.cssText = `font:inherit;color:inherit;background:var(--jp-layout-color1,transparent);cursor:${cursor};`
      + "border:1px solid var(--jp-border-color1,#888);border-radius:4px;padding:2px 10px";
    row.append(node);
    return node;
  };
  const say = (isRight, guess) => {
    const answer = fold.querySelector("p").cloneNode(true).childNodes;
    said.replaceChildren(isRight ? "✓ Right: " : `✗ Not ${guess}, but `, ...answer);
  };

  if (asked.choices) {
    const buttons = asked.choices.map((text) => add("button", { type: "button", textContent: text }, "pointer"));
    buttons.forEach((button, i) => button.addEventListener("click", () => {
      for (const each of buttons) {
        each.setAttribute("aria-pressed", String(each === button));
        each.style.outline = each === button ? "2px solid var(--jp-brand-color1,#0072b2)" : "";
      }
      say(i === asked.answer, button.textContent);
    }));
  } else {
    const box = add("input", { type: "text", inputMode: "decimal", size: 12, ariaLabel: "your number" }, "text");
    const compare = () => {
      let text = box.value.replace("−", "-").replace(/[\s_%]/g, "");
      const hasThousands = /^-?\d{1,3}(,\d{3})+(\.\d*)?$/.test(text);
      text = hasThousands ? text.replaceAll(",", "") : text.replace(",", ".");
      const guess = Number(text);
      if (text === "" || Number.isNaN(guess)) said.textContent = "Write a number, such as 12 or 0.5.";
      else say(Math.abs(guess - asked.answer) <= asked.within + 1e-9 * Math.abs(asked.answer), box.value.trim());
    };
    add("button", { type: "button", textContent: "compare" }, "pointer").addEventListener("click", compare);
    // JupyterLab keeps Enter from submitting a form.
    box.addEventListener("keydown", (event) => event.key === "Enter" && compare());
  }
}
