// Live updates, local times and copy buttons. All pages work without this script.
"use strict";

document.documentElement.classList.add("script");

const localTimes = (root) => {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) {
      time.title = time.textContent;
      time.textContent = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
    }
  }
};

// Buttons that copy the value of a field.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Selected";
  }
});

// Regions of the page that the server sends again when they change.
const regions = new Map();
for (const region of document.querySelectorAll("[data-region]")) {
  regions.set(region.dataset.region, { region, text: normal(region.innerHTML) });
}
localTimes(document);

function normal(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.innerHTML.trim();
}

function show(name, html) {
  const known = regions.get(name);
  const text = normal(html);
  if (!known || known.text === text) return;
  known.text = text;
  const { region } = known;
  const focused = region.contains(document.activeElement) ? document.activeElement : null;
  const open = region.querySelector("details[open]") !== null;
  region.innerHTML = html;
  localTimes(region);
  if (open) region.querySelector("details")?.setAttribute("open", "");
  if (!focused) return;
  const again = focused.id
    ? document.getElementById(focused.id)
    : [...region.querySelectorAll(focused.tagName)].find(
        (one) => one.textContent === focused.textContent,
      );
  again?.focus({ preventScroll: true });
}

if (document.body.dataset.live) {
  const state = document.getElementById("live-state");
  let source = null;
  let done = false;
  const close = () => {
    source?.close();
    source = null;
  };
  const open = () => {
    if (source || done) return;
    source = new EventSource(document.body.dataset.live);
    source.onopen = () => { state.textContent = "Live updates on"; };
    source.onerror = () => {
      const ended = source.readyState === EventSource.CLOSED;
      state.textContent = ended
        ? "No longer up to date. Reload this page."
        : "Connection lost. Reconnecting.";
    };
    for (const name of regions.keys()) {
      source.addEventListener(name, (event) => show(name, event.data));
    }
    source.addEventListener("done", () => {
      done = true;
      close();
      state.textContent = "Up to date";
    });
  };
  // Browsers limit the connections to one server, so hidden pages close their stream.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  if (!document.hidden) open();
}
