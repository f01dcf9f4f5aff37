// Where the page begins; in a worker, which has no document, only occlusion is computed.

import { App } from "./app.js";
import { find, make } from "./draw.js";
import { Network, occlusion } from "./network.js";
import { backView } from "./views/back.js";
import { beforeView } from "./views/before.js";
import { breakView } from "./views/break.js";
import { mapsView } from "./views/maps.js";
import { pictureView } from "./views/picture.js";
import { truthView } from "./views/truth.js";
import { unitView } from "./views/unit.js";

const TELL_EVERY = 60; // milliseconds

function begin() {
  const wanted = matchMedia("(prefers-color-scheme: dark)");
  const paint = (isDark) => { document.documentElement.dataset.theme = isDark ? "dark" : "light"; };
  paint(wanted.matches);
  const app = new App(JSON.parse(find("#data").textContent));
  document.title = app.data.title;
  find("h1").textContent = app.data.title;
  const theme = make("button", { type: "button", id: "theme" });
  const named = () => {
    const isDark = document.documentElement.dataset.theme === "dark";
    theme.textContent = isDark ? "\u2600 Light" : "\u263e Dark";
  };
  const turn = (isDark) => {
    paint(isDark);
    named();
    app.changed("theme");
  };
  theme.addEventListener("click", () => turn(document.documentElement.dataset.theme !== "dark"));
  wanted.addEventListener("change", (event) => turn(event.matches));
  for (const view of [pictureView, mapsView, unitView, backView, breakView, beforeView, truthView]) view(app);
  find("#now").append(theme);
  named();
  const facts = [`${app.network.nodes.length} layers`, `${app.parameters().toLocaleString("en")} numbers learned`, `${app.shape.join(" \u00d7 ")} in`, `${app.classes.length} scores out`];
  find("#facts").replaceChildren(...facts.map((text) => make("li", { text })));
  const parts = [...document.querySelectorAll("section:not([hidden])")];
  find("nav").append(...parts.map(({ id, firstElementChild: heading }) => make("a", { href: `#${id}`, text: heading.textContent })));
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) for (const view of app.views.filter(({ section }) => section === target)) {
      view.isNear = isIntersecting;
      if (isIntersecting && view.isStale) {
        view.isStale = false;
        view.draw(view.news);
        view.news.clear();
      }
    }
  }, { rootMargin: "300px" });
  for (const { section } of app.views) watcher.observe(section);
  window.addEventListener("resize", () => app.changed("theme"));
  window.explorer = app; // for the console of the browser, where one may look at everything
  app.changed("picture");
  app.changed("selection");
}

function work({ data: { shape, nodes, weights, x, label, size, stride, fill } }) {
  const steps = occlusion(new Network(nodes, weights), { shape, data: x }, label, size, stride, fill);
  for (let told = 0; ;) {
    const { value, done } = steps.next();
    if (done) return postMessage({ map: value });
    if (performance.now() - told < TELL_EVERY) continue;
    told = performance.now();
    postMessage({ share: value });
  }
}

if (typeof document === "undefined") self.onmessage = work;
else begin();
