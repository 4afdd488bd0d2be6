// A table of many rows: only the rows in sight exist; sorting, searching and choosing work by keyboard too.
const told = (n) => n.toLocaleString("en-US");
const HEIGHT = 26, AHEAD = 10;
let made = 0;

function element(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) { e.setAttribute(name, value); }
  e.append(...children);
  return e;
}

const figure = (text) => {
  const x = parseFloat(text.replaceAll(",", "").replace("−", "-").replace(/[^0-9.eE+-]/g, ""));
  return Number.isNaN(x) ? -Infinity : x;
};

// Room a text asks for, in widths of a digit: capitals are wider.
const asks = (text) => text.length + 0.3 * (text.match(/[A-Z%$&@]/g) || []).length;

// As a spreadsheet takes it: figures with a plain minus, and no text that it would run as a formula.
const pasted = (text, right) => {
  const plain = right ? text.replaceAll("−", "-") : text;
  return right && !Number.isNaN(Number(plain.replaceAll(",", ""))) ? plain : plain.replace(/^(?=[=+\-@\t\r])/, "'");
};

function render({ model, el }) {
  const own = `di-rows-${++made}`;
  const elsewhere = model.get("elsewhere");  // one page of more rows: sorted and searched by who fills it
  const search = element("input", { type: "search", placeholder: "Search" });
  const count = element("span", { role: "status" });
  const columns = element("colgroup"), headings = element("tr", { role: "row", "aria-rowindex": 1 });
  const before = element("tr", {}, element("td")), after = element("tr", {}, element("td")), body = element("tbody", { role: "rowgroup" });
  const table = element("table", { role: "grid", tabindex: 0, "aria-multiselectable": "true" }, columns,
    element("thead", { role: "rowgroup" }, headings), element("tbody", { "aria-hidden": "true" }, before), body,
    element("tbody", { "aria-hidden": "true" }, after));
  const scroller = element("div", { class: "di-rows-scroll" }, table);
  el.classList.add("di-rows");
  el.append(element("div", { class: "di-rows-bar" }, search, count), scroller);
  search.hidden = elsewhere;
  let order = [], sorted = -1, down = false, active = 0, anchor = 0, chosen = new Set(), drawing = 0;

  const cells = (i) => model.get("rows")[i];
  const id = (i) => model.get("ids")[i];

  function arrange(keep) {
    const rows = model.get("rows"), words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const stood = order[active];
    order = rows.map((_, i) => i).filter((i) => words.every((w) => rows[i].some((c) => c.toLowerCase().includes(w))));
    if (sorted >= 0 && !elsewhere) {
      const right = model.get("columns")[sorted].right, sign = down ? -1 : 1;
      const key = rows.map((r) => (right ? figure(r[sorted]) : r[sorted].toLowerCase()));
      order.sort((a, b) => (key[a] < key[b] ? -sign : key[a] > key[b] ? sign : a - b));
    }
    active = Math.max(0, order.indexOf(stood));
    anchor = active;
    if (!keep) { scroller.scrollTop = 0; active = anchor = 0; }
    draw();
  }

  function head() {
    const rows = model.get("rows"), shown = model.get("columns");
    table.setAttribute("aria-label", model.get("label"));
    search.setAttribute("aria-label", `Search ${model.get("label")}`);
    table.setAttribute("aria-colcount", shown.length);
    columns.replaceChildren(...shown.map((c, k) => {
      let longest = 1.1 * asks(c.label) + 2;
      for (const r of rows) { longest = Math.max(longest, asks(r[k])); }
      return element("col", { style: `width:calc(${Math.min(Math.ceil(longest), k === 0 ? 16 : c.wide ? 60 : 30)}ch + 18px)` });
    }));
    headings.replaceChildren(...shown.map((c, k) => {
      const button = element("button", { type: "button" }, c.label, element("span", { "aria-hidden": "true" },
        sorted === k ? (down ? " ▼" : " ▲") : ""));
      button.addEventListener("click", () => {
        down = sorted === k ? !down : c.right;
        sorted = k;
        head();
        if (elsewhere) { model.set("order", [sorted, down]); model.save_changes(); } else { arrange(false); }
        headings.children[k].firstChild.focus();
      });
      return element("th", { role: "columnheader", scope: "col", class: c.right ? "di-right" : "",
        "aria-sort": sorted === k ? (down ? "descending" : "ascending") : "none" }, button);
    }));
  }

  function draw() {
    drawing = 0;
    const first = Math.max(0, Math.floor(scroller.scrollTop / HEIGHT) - AHEAD);
    // Not in sight for a moment, it has no height, and none that changes when it comes back: then the most it can have.
    const height = Math.max(scroller.clientHeight, model.get("height_px"));
    const last = Math.min(order.length, Math.ceil((scroller.scrollTop + height) / HEIGHT) + AHEAD);
    const shown = model.get("columns"), rows = [];
    for (let at = first; at < last; at += 1) {
      const i = order[at], row = element("tr", { role: "row", id: `${own}-${i}`, "aria-rowindex": at + 2,
        "aria-selected": chosen.has(id(i)) ? "true" : "false", class: at === active ? "di-active" : "" });
      row.dataset.at = at;
      row.append(...shown.map((c, k) => {
        const cell = element("td", { role: "gridcell", class: c.right ? "di-right" : "" });
        cell.textContent = cells(i)[k];
        if (cells(i)[k].length > 12) { cell.title = cells(i)[k]; }
        return cell;
      }));
      rows.push(row);
    }
    body.replaceChildren(...rows);
    before.firstChild.style.height = `${first * HEIGHT}px`;
    after.firstChild.style.height = `${(order.length - last) * HEIGHT}px`;
    before.hidden = first === 0;
    after.hidden = last === order.length;
    table.setAttribute("aria-rowcount", order.length + 1);
    if (active >= first && active < last) { table.setAttribute("aria-activedescendant", `${own}-${order[active]}`); }
    else { table.removeAttribute("aria-activedescendant"); }
    const all = model.get("rows").length, of = order.length === all ? told(all) : `${told(order.length)} of ${told(all)}`;
    count.textContent = all === 0 ? model.get("empty") : `${of} ${all === 1 ? "row" : "rows"}${chosen.size ? `, ${told(chosen.size)} chosen` : ""}`;
  }

  const later = () => { drawing = drawing || requestAnimationFrame(draw); };

  function choose(ids) {
    chosen = new Set(ids);
    model.set("selected", model.get("ids").filter((each) => chosen.has(each)));
    model.save_changes();
    later();
  }

  function go(to, { extend = false, only = false } = {}) {
    if (!order.length) { return; }
    active = Math.min(Math.max(to, 0), order.length - 1);
    const top = active * HEIGHT, room = scroller.clientHeight - HEIGHT * 2;
    if (top < scroller.scrollTop) { scroller.scrollTop = top; }
    else if (top > scroller.scrollTop + room) { scroller.scrollTop = top - room; }
    if (extend) { choose(order.slice(Math.min(anchor, active), Math.max(anchor, active) + 1).map(id)); }
    else { anchor = active; }
    if (only) { choose([id(order[active])]); }
    draw();
  }

  function toggle() {
    if (!order.length) { return; }
    const at = id(order[active]), ids = new Set(chosen);
    if (!ids.delete(at)) { ids.add(at); }
    anchor = active;
    choose(ids);
  }

  function copy() {
    const shown = model.get("columns"), taken = order.filter((i) => chosen.has(id(i)));
    const rows = (taken.length ? taken : order.slice(active, active + 1)).map((i) => cells(i).map((c, k) => pasted(c, shown[k].right)));
    const text = [shown.map((c) => pasted(c.label, false)), ...rows].map((r) => r.join("\t")).join("\n");
    const put = (event) => { event.clipboardData.setData("text/plain", text); event.preventDefault(); event.stopPropagation(); };
    document.addEventListener("copy", put, { capture: true, once: true });
    document.execCommand("copy");
    document.removeEventListener("copy", put, { capture: true });
    count.textContent = `${told(rows.length)} ${rows.length === 1 ? "row" : "rows"} copied`;
  }

  table.addEventListener("keydown", (event) => {
    if (event.target !== table) { return; }
    const page = Math.max(1, Math.floor(scroller.clientHeight / HEIGHT) - 2), extend = event.shiftKey;
    const moves = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: order.length - 1 };
    if (event.key in moves) { go(moves[event.key], { extend }); }
    else if (event.key === " ") { toggle(); }
    else if (event.key === "Enter") { go(active, { only: true }); }
    else if (event.key === "c" && (event.ctrlKey || event.metaKey)) { copy(); }
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) { choose(order.map(id)); }
    else { return; }
    event.preventDefault();
    event.stopPropagation();
  });
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (!row) { return; }
    table.focus({ preventScroll: true });
    if (event.shiftKey) { go(Number(row.dataset.at), { extend: true }); return; }
    active = Number(row.dataset.at);
    if (event.ctrlKey || event.metaKey) { toggle(); draw(); } else { go(active, { only: true }); }
  });
  search.addEventListener("input", () => arrange(false));
  scroller.addEventListener("scroll", later, { passive: true });
  const refilled = () => {
    scroller.style.maxHeight = `${model.get("height_px")}px`;
    if (elsewhere) { [sorted, down] = model.get("order").length ? model.get("order") : [-1, false]; }
    sorted = sorted < model.get("columns").length ? sorted : -1;
    head();
    arrange(!elsewhere);
  };
  const chosenElsewhere = () => { chosen = new Set(model.get("selected")); later(); };
  model.on("change:filled", refilled);
  model.on("change:selected", chosenElsewhere);
  const watcher = new ResizeObserver(later);
  watcher.observe(scroller);
  chosen = new Set(model.get("selected"));
  refilled();
  return () => { watcher.disconnect(); model.off("change:filled", refilled); model.off("change:selected", chosenElsewhere); };
}

export default { render };
