// Enhances the pages. Everything works without it.
"use strict";

// The payment page: shows only the fields of the chosen method, fills in test data on click, and puts the amount on the button.
(() => {
  const methods = document.querySelectorAll("input[name=method]");
  if (methods.length === 0) return;

  const showChosen = () => {
    const chosen = document.querySelector("input[name=method]:checked");
    for (const part of document.querySelectorAll("[data-method]")) {
      part.hidden = chosen !== null && part.dataset.method !== chosen.value;
    }
  };
  methods.forEach((method) => method.addEventListener("change", showChosen));
  showChosen();

  for (const term of document.querySelectorAll("[data-fills]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = term.textContent;
    button.addEventListener("click", () => {
      const field = document.getElementById(term.dataset.fills);
      field.value = button.textContent;
      field.focus();
    });
    term.replaceChildren(button);
  }

  const amount = document.getElementById("amount");
  const pay = document.querySelector("[data-amount-prefix]");
  if (amount && pay) {
    const label = pay.textContent;
    const updateLabel = () => {
      const parts = /^(\d+)(?:\.(\d{1,2}))?$/.exec(amount.value.trim());
      if (!parts) {
        pay.textContent = label;
        return;
      }
      const prefix = pay.dataset.amountPrefix;
      const whole = prefix === "₹" ? parts[1].replace(/(\d)(?=(\d\d)+\d$)/g, "$1,") : parts[1];
      pay.textContent = `Pay ${prefix}${whole}.${(parts[2] ?? "").padEnd(2, "0")}`;
    };
    amount.addEventListener("input", updateLabel);
    updateLabel();
  }
})();

// The overview: refreshes the lists, and submits their forms without leaving the page.
(() => {
  const lists = document.querySelector("[data-source]");
  if (!lists) return;
  const status = document.getElementById("status");
  const kept = ["links-list", "orders-list", "disputes-list", "deliveries-list"];
  const counts = ["links-count", "orders-count", "disputes-count", "deliveries-count"];
  const shown = new Map();
  const remember = (root) => {
    for (const id of kept) {
      for (const item of root.getElementById(id).children) shown.set(item.id, item.outerHTML);
    }
  };
  let tag = "";
  remember(document);

  // Replaces a changed item. Open details stay open, and the focus stays where it was.
  const replace = (old, item) => {
    const open = [...old.querySelectorAll("details[open]")].map((details) => details.id);
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const inside = focused?.id || focused?.closest("[id]")?.id;
    old.replaceWith(item);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (!focused) return;
    const again = document.getElementById(inside) ?? document.getElementById(item.id);
    const target = focused.tagName === "SUMMARY" ? again?.querySelector("summary") : again;
    const place = target ?? item;
    if (place === item || !place.matches("a, button, summary, input")) item.tabIndex = -1;
    (place.matches("a, button, summary, input") ? place : item).focus({ preventScroll: true });
  };

  const update = (fresh) => {
    let changes = 0;
    for (const id of kept) {
      const list = document.getElementById(id);
      const wanted = [...fresh.getElementById(id).children];
      const ids = new Set(wanted.map((item) => item.id));
      for (const item of [...list.children]) {
        if (ids.has(item.id)) continue;
        item.remove();
        shown.delete(item.id);
      }
      wanted.forEach((item, place) => {
        const text = item.outerHTML;
        const old = document.getElementById(item.id);
        if (!old) {
          list.insertBefore(document.importNode(item, true), list.children[place] ?? null);
        } else if (shown.get(item.id) !== text) {
          replace(old, document.importNode(item, true));
        } else {
          return;
        }
        shown.set(item.id, text);
        changes += 1;
      });
    }
    for (const id of counts) {
      const text = fresh.getElementById(id).textContent;
      const count = document.getElementById(id);
      if (count.textContent !== text) count.textContent = text;
    }
    if (changes > 0) status.textContent = `${changes} ${changes === 1 ? "entry" : "entries"} changed.`;
  };

  const parse = (text) => new DOMParser().parseFromString(text, "text/html");

  const refresh = async () => {
    const answer = await fetch(lists.dataset.source, { headers: tag ? { "if-none-match": tag } : {} });
    if (answer.status !== 200) return;
    tag = answer.headers.get("etag") ?? "";
    update(parse(await answer.text()));
  };

  let busy = false;
  const poll = async () => {
    if (!busy && !document.hidden) {
      busy = true;
      try {
        await refresh();
        if (status.dataset.lost) {
          delete status.dataset.lost;
          status.textContent = "The simulator responds again.";
        }
      } catch {
        status.dataset.lost = "yes";
        status.textContent = "The simulator does not respond.";
      }
      busy = false;
    }
    setTimeout(poll, 1000);
  };
  document.addEventListener("visibilitychange", () => document.hidden || refresh().catch(() => {}));
  poll();

  lists.addEventListener("submit", async (event) => {
    const form = event.target;
    event.preventDefault();
    const fields = new URLSearchParams(new FormData(form, event.submitter));
    // form.action would return the button named "action".
    const address = form.getAttribute("action");
    try {
      const answer = await fetch(address, { method: "POST", body: fields });
      const page = parse(await answer.text());
      if (answer.ok) {
        update(page);
      } else {
        status.textContent = page.querySelector(".problem, h1")?.textContent ?? "The request was refused.";
        await refresh();
      }
    } catch {
      status.textContent = "The simulator does not respond.";
    }
  });
})();
