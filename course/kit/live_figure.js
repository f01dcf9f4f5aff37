// What all figures of course.kit.widgets begin with: `script` there puts it before their own.

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// The element around a figure; by "course-live" its picture knows that the figure is live.
function rootOf(className) {
  const root = element("div", `${className} course-live`);
  root.addEventListener("keydown", (event) => { // a letter would be a command of the notebook's
    if (!event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey) event.stopPropagation();
  });
  return root;
}
