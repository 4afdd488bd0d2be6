// Inside .di-app: keys typed into controls stay out of the notebook's command mode, every control has a name, and the
// row of pages is a row of tabs: named, told which is open, walked with the arrow keys.
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
function set(element, values) {
  for (const [name, value] of Object.entries(values)) {
    if (element.getAttribute(name) !== value) { element.setAttribute(name, value); }
  }
}
function tabs(root) {
  const all = [...root.querySelectorAll(".di-tabs button")];
  if (!all.length) { return; }
  set(all[0].parentElement, { role: "tablist", "aria-label": "Pages" });
  for (const tab of all) {
    const open = tab.classList.contains("mod-active");
    set(tab, { role: "tab", "aria-selected": String(open), tabindex: open ? "0" : "-1" });
    tab.removeAttribute("aria-pressed");
    if (open && root.querySelector(".di-pages")) {
      set(root.querySelector(".di-pages"), { role: "tabpanel", "aria-label": `Page ${tab.textContent.trim()}` });
    }
  }
}
function walk(event) {
  const tab = event.target.closest?.(".di-tabs button");
  const all = tab ? [...tab.parentElement.querySelectorAll("button")] : [];
  const at = { Home: 0, End: all.length - 1 }[event.key] ?? all.indexOf(tab) + (STEPS[event.key] ?? NaN);
  const to = all[(at + all.length) % all.length];
  if (to) { event.preventDefault(); to.focus(); to.click(); }
}
// Several windows may show one app: a cell goes into the one that was used last, so the kernel is told which that is.
window.diAdvisorWindow ??= Math.random().toString(36).slice(2);
function used(model) {
  if (model.get("window") !== window.diAdvisorWindow) {
    model.set("window", window.diAdvisorWindow);
    model.save_changes();
  }
}
// A result wider than its place scrolls sideways: it can be reached by Tab and scrolled by keys.
const REACHED = { tabindex: "0", role: "group", "aria-label": "Result" };
function reach(root) {
  const area = root.closest(".jp-OutputArea");
  if (!area) { return; }
  let asked = 0;
  const look = () => {
    asked = 0;
    for (const place of area.querySelectorAll(".jp-OutputArea-output")) {
      if (place.contains(root)) { continue; }
      if (place.scrollWidth > place.clientWidth + 1) { set(place, REACHED); }
      else if (place.getAttribute("aria-label") === "Result") {
        for (const name of Object.keys(REACHED)) { place.removeAttribute(name); }
      }
    }
  };
  const soon = () => { asked ||= requestAnimationFrame(look); };
  new MutationObserver((all) => { if (all.some((each) => !root.contains(each.target))) { soon(); } })
    .observe(area, { childList: true, subtree: true });
  new ResizeObserver(soon).observe(area);
}
function guard(el, model) {
  const root = el.closest(".di-app");
  if (!root) { requestAnimationFrame(() => guard(el, model)); return; }
  if (root.dataset.diGuard) { return; }
  root.dataset.diGuard = "1";
  root.addEventListener("keydown", (event) => {
    used(model);
    if (!(event.ctrlKey || event.metaKey || event.altKey || event.key === "Escape")) {
      walk(event);
      event.stopPropagation();
    }
  });
  root.addEventListener("pointerdown", () => used(model), true);
  reach(root);
  const name = () => {
    for (const handle of root.querySelectorAll(".noUi-handle:not([aria-label])")) {
      const label = handle.closest(".widget-inline-hbox, .widget-inline-vbox")?.querySelector(".widget-label");
      if (label) { handle.setAttribute("aria-label", label.textContent.trim()); }
    }
    for (const bar of root.querySelectorAll(".widget-hprogress .progress:not([role])")) {
      bar.setAttribute("role", "progressbar");
      bar.setAttribute("aria-label", "Progress");
    }
    tabs(root);
  };
  new MutationObserver(name).observe(root, { childList: true, subtree: true, attributeFilter: ["class"] });
  name();
}
export default { render({ model, el }) { el.hidden = true; guard(el, model); } };
