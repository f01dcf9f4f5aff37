// View 5: break it: edit a weight, kill a filter, flip a kernel, shuffle the names; put it back.

import { find, largest, looks, make, menu, percent, pixels, rgb, say, signed, sized, slider, textOn } from "../draw.js";
import { axes } from "../layers.js";
import { isConv, isDense, normal, shares } from "../network.js";

const MOST_WEIGHTS = 121; // of one filter and channel that can be edited by hand

export function breakView(app) {
  const places = app.network.nodes.flatMap((node, place) => (isConv(node) || isDense(node) ? [place] : []));
  if (!places.length) {
    find("#break").hidden = true;
    return;
  }
  let [place, filter, channel, weight] = [places[0], 0, 0, 0];
  const log = [];
  let isNew = true;
  const here = () => app.network.nodes[place];
  /** The places in w of the chosen filter's weights for the chosen channel. */
  const chosen = () => {
    const { w } = here();
    if (isConv(here())) {
      const [, D, FH, FW] = w.shape;
      return { columns: FW, at: Array.from({ length: FH * FW }, (_, p) => (filter * D + channel) * FH * FW + p) };
    }
    const [C, H, W] = axes(app.inputOf(place).shape);
    const size = w.shape[0] / C === H * W ? H * W : 1;
    return { columns: size > 1 ? W : 1, at: Array.from({ length: size }, (_, p) => (channel * size + p) * w.shape[1] + filter) };
  };
  const filtersOf = (node) => (isConv(node) ? node.w.shape[0] : node.w.shape[1]);
  const channelsOf = (node) => (isConv(node) ? node.w.shape[1] : axes(app.inputOf(app.network.nodes.indexOf(node)).shape)[0]);

  const layerMenu = menu("layer", places.map((p) => app.network.nodes[p].name), (choice) => {
    [place, filter, channel, weight] = [places[choice], 0, 0, 0];
    listed();
  });
  const filterMenu = menu("filter", [], (choice) => { [filter, weight] = [choice, 0]; draw(); });
  const channelMenu = menu("channel", [], (choice) => { [channel, weight] = [choice, 0]; draw(); });
  const listed = () => {
    const node = here();
    const isLast = place === app.network.nodes.length - 1;
    filterMenu.select.replaceChildren(...Array.from({ length: filtersOf(node) }, (_, k) => make("option", { text: isLast ? `${k}: ${app.classes[k]}` : k })));
    channelMenu.select.replaceChildren(...Array.from({ length: channelsOf(node) }, (_, c) => make("option", { text: c })));
    channelMenu.hidden = channelsOf(node) === 1;
    draw();
  };
  find("#break .controls").append(layerMenu, filterMenu, channelMenu);

  const grid = make("div", { class: "weights", role: "group", "aria-label": "weights of this filter" });
  const edit = slider("this weight", { min: -1, max: 1, step: 0.01, value: 0, text: (value) => say(value) }, (value) => {
    const at = chosen().at[weight];
    const name = `weight ${weight} of filter ${filter}, ${here().name}`;
    if (log.at(-1)?.name !== name) note(name);
    here().w.data[at] = value;
    app.changed("network");
  });
  find("#break .editor").append(grid, edit);

  /** Remember how things are before a change. */
  function note(name) {
    log.push({ name, weights: app.network.weights, classes: [...app.classes] });
  }
  function set({ weights, classes }) {
    let at = 0;
    for (const node of app.network.nodes) for (const name of Object.keys(node.arrays)) {
      node[name].data.set(weights.subarray(at, at + node[name].data.length));
      at += node[name].data.length;
    }
    app.classes.splice(0, Infinity, ...classes);
    app.changed("network");
  }
  const act = (text, change) => make("button", { type: "button", text, onclick: () => {
    change();
    app.changed("network");
  } });
  const everyWeight = () => {
    const { w } = here();
    const size = w.data.length / filtersOf(here());
    return Array.from({ length: size }, (_, p) => (isConv(here()) ? filter * size + p : p * w.shape[1] + filter));
  };
  const kill = act("Kill this filter", () => {
    note(`filter ${filter} of ${here().name} killed`);
    for (const at of everyWeight()) here().w.data[at] = 0;
    if (here().b) here().b.data[filter] = 0;
  });
  const flip = act("Flip its kernel", () => {
    note(`kernel of filter ${filter}, ${here().name}, turned by 180\u00b0`);
    const { w } = here();
    const [, D, FH, FW] = w.shape;
    for (let d = 0; d < D; d++) w.data.subarray((filter * D + d) * FH * FW, (filter * D + d + 1) * FH * FW).reverse();
  });
  let seed = 1;
  const shake = act("Shake all its weights", () => {
    note(`noise on filter ${filter} of ${here().name}`);
    const random = normal(seed++);
    const most = largest(here().w.data) / 3;
    for (const at of everyWeight()) here().w.data[at] += most * random();
  });
  const shuffle = act("Shuffle the names of the classes", () => {
    note("names of the classes shuffled");
    const random = normal(seed++);
    const keys = app.classes.map((name) => [random(), name]).sort((a, b) => a[0] - b[0]);
    app.classes.splice(0, Infinity, ...keys.map(([, name]) => name));
  });
  const undo = make("button", { type: "button", text: "Undo the last", onclick: () => log.length && set(log.pop()) });
  const back = make("button", { type: "button", class: "primary", id: "put-back", text: "Put everything back", onclick: () => {
    log.length = 0;
    set({ weights: app.intact.weights, classes: app.data.classes });
  } });
  find("#break .actions").append(kill, flip, shake, shuffle);
  find("#break .history").append(undo, back, make("ol", { class: "log", "aria-live": "polite" }));

  function draw() {
    const { columns, at } = chosen();
    const { w } = here();
    const most = largest(w.data) || 1;
    const colour = signed(most);
    weight = Math.min(weight, at.length - 1);
    filterMenu.select.selectedIndex = filter;
    channelMenu.select.selectedIndex = channel;
    flip.hidden = !isConv(here()) || w.shape[2] * w.shape[3] === 1;
    grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    grid.style.maxWidth = `${Math.min(340, columns * 64)}px`;
    const shown = at.slice(0, MOST_WEIGHTS);
    const hadFocus = grid.contains(document.activeElement);
    while (grid.children.length > shown.length) grid.lastChild.remove();
    while (grid.children.length < shown.length) {
      const p = grid.children.length;
      grid.append(make("button", { type: "button", onclick: () => {
        weight = p;
        draw();
        edit.input.focus();
      } }));
    }
    shown.forEach((place_, p) => {
      const value = w.data[place_];
      const button = grid.children[p];
      const background = colour(value);
      button.style.background = rgb(background);
      button.style.color = textOn(background);
      button.textContent = say(value);
      button.setAttribute("aria-pressed", p === weight);
      button.setAttribute("aria-label", `weight ${p}: ${say(value)}`);
    });
    if (hadFocus) grid.children[weight]?.focus();
    const wide = Math.max(1, Math.ceil(2 * most));
    [edit.input.min, edit.input.max] = [-wide, wide];
    edit.set(w.data[at[weight]]);
    edit.firstChild.textContent = `weight ${weight}`;
    find("#break .log").replaceChildren(...log.map(({ name }) => make("li", { text: name })));
    undo.disabled = back.disabled = !log.length && !app.isBroken;
  }

  /** What the network says of each sample now, and what it said before. */
  function drawDamage() {
    const [, H, W] = app.shape;
    const side = 48 / Math.max(H, W);
    const rows = app.samples.map((sample) => {
      const x = app.seen(sample);
      const read = (network, names) => {
        const all = shares(network, network.forward(x));
        const k = all.indexOf(Math.max(...all));
        return { k, name: names[k], share: all[k] };
      };
      return { sample, before: read(app.intact, app.data.classes), now: read(app.network, app.classes) };
    });
    const same = rows.filter(({ before, now }) => before.name === now.name).length;
    find("#break .damage-text").textContent = app.samples.length ? `It says of ${same} of ${rows.length} pictures what it said before.` : "";
    find("#break .damage").replaceChildren(...rows.map(({ sample, before, now }) => {
      const canvas = make("canvas", { role: "img", "aria-label": "picture" });
      sized(canvas, W * side, H * side).drawImage(pixels(H, W, looks(sample)), 0, 0, W * side, H * side);
      const isSame = before.name === now.name;
      return make("figure", { class: isSame ? "" : "changed" }, canvas,
        make("figcaption", {}, make("b", { text: `${isSame ? "" : "\u2717 "}${now.name}` }), make("span", { text: isSame ? percent(now.share) : `was ${before.name}` })));
    }));
  }

  app.add({ section: find("#break"), draw: (news) => {
    if (news.has("selection") && places.includes(app.selected.node)) {
      const { node, channel: map } = app.selected;
      const isOther = node !== place;
      if (isOther || map !== filter) weight = 0;
      [place, filter, channel] = [node, map, Math.min(app.input, channelsOf(app.network.nodes[node]) - 1)];
      layerMenu.select.selectedIndex = places.indexOf(place);
      if (isOther) listed();
    }
    if (!filterMenu.select.length || news.has("network")) listed();
    else draw();
    if (isNew || news.has("network") || news.has("theme")) drawDamage();
    isNew = false;
  } });
}
