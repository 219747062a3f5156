// What pages can do with scripts; without them, all of it is there but the live tail.
"use strict";

const root = document.documentElement;

// The theme: the one that is not shown now; kept in this browser.
for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  const dark = () =>
    (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => {
    button.textContent = dark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `${button.textContent} theme`);
  };
  button.hidden = false;
  name();
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
    name();
  });
}

// On a narrow screen the navigation is wider than its line: the page that is shown is in its middle.
const here = document.querySelector("nav [aria-current]");
if (here) {
  const list = here.closest("ul");
  list.scrollLeft = here.offsetLeft - (list.clientWidth - here.offsetWidth) / 2;
}

// Keys: / searches, j and k go through the rows of a list.
document.addEventListener("keydown", (pressed) => {
  const typing = pressed.target.closest("input, select, textarea");
  if (typing || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return;
  if (pressed.key === "/") {
    document.querySelector("[data-search]")?.focus();
    pressed.preventDefault();
  } else if (pressed.key === "j" || pressed.key === "k") {
    const rows = [...document.querySelectorAll("[data-row]")];
    const at = rows.indexOf(document.activeElement) + (pressed.key === "j" ? 1 : -1);
    rows[Math.max(0, Math.min(at, rows.length - 1))]?.focus();
  }
});

// Times say how long ago; they go on doing so.
const spans = [[172800, 86400, "d"], [7200, 3600, "h"], [120, 60, "min"], [0, 1, "s"]];
function relative(time) {
  const passed = (Date.now() - Date.parse(time.dateTime)) / 1000;
  if (Math.abs(passed) < 1) return "now";
  const [, size, unit] = spans.find(([least]) => Math.abs(passed) >= least);
  const text = `${Math.floor(Math.abs(passed) / size)} ${unit}`;
  return passed > 0 ? `${text} ago` : `in ${text}`;
}
function refresh() {
  for (const time of document.querySelectorAll("time[datetime]")) {
    const text = relative(time);
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(refresh, 10000);

// What keeps itself up to date waits while somebody is in it, or looks elsewhere; at the end of a session it says so.
document.addEventListener("htmx:beforeRequest", (event) => {
  const isUpdate = event.target.matches("[hx-trigger^=every]");
  const isUsed = event.target.contains(document.activeElement) || !getSelection().isCollapsed;
  if (isUpdate && (document.hidden || isUsed)) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (new URL(event.detail.xhr.responseURL).pathname.endsWith("/login")) {
    event.detail.shouldSwap = false;
    location.reload();
  }
});
for (const failed of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(failed, (event) => { event.target.dataset.stale = ""; });
}

// The live tail: rows as they come. While it is paused they are kept, the newest of them.
const tail = document.querySelector("[data-tail]");
if (tail) {
  const most = 200;
  const rows = tail.querySelector("tbody");
  const state = document.querySelector("[data-tail-state]");
  const told = document.querySelector("[data-tail-told]");
  const pause = document.querySelector("[data-tail-pause]");
  let kept = [];
  let news = 0;
  let paused = false;

  const show = (name) => { state.className = `badge ${name}`; state.textContent = name; state.hidden = false; };
  const insert = (row) => {
    rows.insertAdjacentHTML("afterbegin", row);
    rows.firstElementChild.classList.add("new");
    while (rows.children.length > most) rows.lastElementChild.remove();
  };
  const stream = new URL(tail.dataset.tail, location);
  const connect = () => {
    const source = new EventSource(stream);
    source.onopen = () => show(paused ? "paused" : "live");
    source.onerror = () => {
      show("connecting");
      if (source.readyState === EventSource.CLOSED) setTimeout(reconnect, 2000);
    };
    source.onmessage = (message) => {
      stream.searchParams.set("after", message.lastEventId);
      if (!paused) { insert(message.data); news += 1; return; }
      kept = [...kept, message.data].slice(-most);
      pause.textContent = `Go on (${kept.length} new)`;
    };
  };
  // A browser gives up at an answer that is no stream: a proxy's, while the gateway restarts, or the way to the login.
  const reconnect = async () => {
    const answer = await fetch(location.href, { redirect: "manual" }).catch(() => null);
    if (answer?.type === "opaqueredirect") location.reload();
    else if (answer?.ok) connect();
    else setTimeout(reconnect, 2000);
  };
  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    kept.forEach(insert);
    kept = [];
    pause.textContent = paused ? "Go on" : "Pause";
    show(paused ? "paused" : "live");
  });
  // Whoever listens instead of looking is told how many came, not each of them.
  setInterval(() => {
    if (news) told.textContent = news === 1 ? "One new event" : `${news} new events`;
    news = 0;
  }, 5000);
  show("connecting");
  connect();
}

// Lists of a form grow: whoever fills in the last field of one gets another.
for (const form of document.querySelectorAll("[data-grows]")) {
  form.addEventListener("input", ({ target }) => {
    const row = target.closest(".pair") ?? target;
    const isLast = !["INPUT", "DIV"].includes(row.nextElementSibling?.tagName);
    if (!["events", "header_name"].includes(target.name) || !target.value || !isLast) return;
    const next = row.cloneNode(true);
    for (const field of next.matches("input") ? [next] : next.querySelectorAll("input")) field.value = "";
    row.after(next);
  });
}
