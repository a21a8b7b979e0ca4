// Makes the pages livelier. Everything works without it.
"use strict";

// The payer's page: only the fields of the chosen method, test data at a click, and the amount on the button.
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
    const words = pay.textContent;
    const say = () => {
      const parts = /^(\d+)(?:\.(\d{1,2}))?$/.exec(amount.value.trim());
      if (!parts) {
        pay.textContent = words;
        return;
      }
      const prefix = pay.dataset.amountPrefix;
      const whole = prefix === "₹" ? parts[1].replace(/(\d)(?=(\d\d)+\d$)/g, "$1,") : parts[1];
      pay.textContent = `Pay ${prefix}${whole}.${(parts[2] ?? "").padEnd(2, "0")}`;
    };
    amount.addEventListener("input", say);
    say();
  }
})();

// The developer's page: the lists keep themselves fresh, and their buttons leave the page where it is.
(() => {
  const lists = document.querySelector("[data-source]");
  if (!lists) return;
  const news = document.getElementById("news");
  const kept = ["links-list", "orders-list", "disputes-list", "deliveries-list"];
  const counts = ["links-count", "orders-count", "disputes-count", "deliveries-count"];
  const shown = new Map();
  const note = (root) => {
    for (const id of kept) {
      for (const item of root.getElementById(id).children) shown.set(item.id, item.outerHTML);
    }
  };
  let tag = "";
  note(document);

  // Puts a changed item in the place of the old one: what was open stays open, what had the focus keeps it.
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
    if (changes > 0) news.textContent = `${changes} ${changes === 1 ? "entry" : "entries"} changed.`;
  };

  const parse = (text) => new DOMParser().parseFromString(text, "text/html");

  const refresh = async () => {
    const answer = await fetch(lists.dataset.source, { headers: tag ? { "if-none-match": tag } : {} });
    if (answer.status !== 200) return;
    tag = answer.headers.get("etag") ?? "";
    update(parse(await answer.text()));
  };

  let busy = false;
  const keepFresh = async () => {
    if (!busy && !document.hidden) {
      busy = true;
      try {
        await refresh();
        if (news.dataset.lost) {
          delete news.dataset.lost;
          news.textContent = "The simulator answers again.";
        }
      } catch {
        news.dataset.lost = "yes";
        news.textContent = "The simulator does not answer.";
      }
      busy = false;
    }
    setTimeout(keepFresh, 1000);
  };
  document.addEventListener("visibilitychange", () => document.hidden || refresh().catch(() => {}));
  keepFresh();

  lists.addEventListener("submit", async (event) => {
    const form = event.target;
    event.preventDefault();
    const fields = new URLSearchParams(new FormData(form, event.submitter));
    // A button is called "action" too, and would be what form.action gives.
    const address = form.getAttribute("action");
    try {
      const answer = await fetch(address, { method: "POST", body: fields });
      const page = parse(await answer.text());
      if (answer.ok) {
        update(page);
      } else {
        news.textContent = page.querySelector(".problem, h1")?.textContent ?? "It was refused.";
        await refresh();
      }
    } catch {
      news.textContent = "The simulator does not answer.";
    }
  });
})();
