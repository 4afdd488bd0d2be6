// Inside .di-app: keys typed into controls stay out of the notebook's command mode, and every control has a name.
function guard(el) {
  const root = el.closest(".di-app");
  if (!root) { requestAnimationFrame(() => guard(el)); return; }
  if (root.dataset.diGuard) { return; }
  root.dataset.diGuard = "1";
  root.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey || event.altKey || event.key === "Escape")) { event.stopPropagation(); }
  });
  const name = () => {
    for (const handle of root.querySelectorAll(".noUi-handle:not([aria-label])")) {
      const label = handle.closest(".widget-inline-hbox, .widget-inline-vbox")?.querySelector(".widget-label");
      if (label) { handle.setAttribute("aria-label", label.textContent.trim()); }
    }
    for (const bar of root.querySelectorAll(".widget-hprogress .progress:not([role])")) {
      bar.setAttribute("role", "progressbar");
      bar.setAttribute("aria-label", "Progress");
    }
  };
  new MutationObserver(name).observe(root, { childList: true, subtree: true });
  name();
}
export default { render({ el }) { el.hidden = true; guard(el); } };
