// Keeps the open queue up to date, and handles its keys. Without this script the page works by reload.
// A change made elsewhere shows within five seconds; alarms.js sounds and notifies then.
const EVERY_MS = 5000;
const COUNT_AFTER = 12; // polls without a change after which the page is loaded anew: its figures count tickets of other pages too
const queue = document.getElementById("queue");
const touch = document.getElementById("touch");
const news = document.getElementById("news");
const newAlarms = document.getElementById("new-alarms");
const showChanges = document.getElementById("show-changes");
const said = document.getElementById("said");
const PARTS = ["alarms", "lists", "tickets"];

let mark = part("alarms").dataset.mark;
let waiting = null; // the newer page, not shown while the reader points at or uses the list
let failures = 0;
let atRest = 0;

function part(id, of = document) {
  return of.querySelector(`#${id}`);
}

function refs() {
  return [...queue.querySelectorAll("a.ref")];
}

// ---- What changed

async function poll() {
  try {
    const answer = await fetch(queue.dataset.version, { headers: { "If-None-Match": `"${mark}"` }, cache: "no-store", redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      tell(touch.dataset.out);
      return; // stop polling until the reader has logged in again
    }
    atRest = answer.status === 304 ? atRest + 1 : 0;
    if (answer.status === 204 || (atRest >= COUNT_AFTER && !inUse())) await look();
    else if (answer.status !== 304) throw new Error(answer.status);
    inTouch();
  } catch {
    failures += 1;
    if (failures === 2) tell(touch.dataset.lost);
  }
  setTimeout(poll, EVERY_MS);
}

async function look() {
  const answer = await fetch(queue.dataset.list, { cache: "no-store", redirect: "error" });
  if (!answer.ok) throw new Error(answer.status);
  waiting = new DOMParser().parseFromString(await answer.text(), "text/html");
  mark = part("alarms", waiting).dataset.mark;
  atRest = 0;
  if (PARTS.every((id) => part(id, waiting)?.outerHTML === part(id)?.outerHTML)) show();
  else if (inUse()) announceChanges();
  else {
    show();
    said.textContent = queue.dataset.shown;
  }
  alarms.look(waiting ?? document);
}

function tell(sentence) {
  touch.textContent = sentence;
  touch.hidden = false;
}

function inTouch() {
  if (failures >= 2) {
    touch.hidden = true;
    said.textContent = touch.dataset.back;
  }
  failures = 0;
}

// Whether the pointer or the focus is in the queue, so that a change would move what the reader is about to use. A hidden page is not in use.
function inUse() {
  return !document.hidden && (queue.matches(":hover") || queue.contains(document.activeElement));
}

function rows(of) {
  return new Map([...of.querySelectorAll("li[data-reference]")].map((row) => [row.dataset.reference, row]));
}

function announceChanges() {
  const before = rows(document);
  const after = rows(waiting);
  let number = [...after.keys()].filter((reference) => !before.has(reference)).length;
  for (const [reference, row] of before) {
    const now = after.get(reference);
    const changed = !now || now.dataset.version !== row.dataset.version;
    row.classList.toggle("changed", changed);
    if (changed) number += 1;
  }
  const unseen = [...waiting.querySelectorAll("[data-alarm]")].filter((alarm) => !queue.querySelector(`[data-alarm="${alarm.dataset.alarm}"]`));
  newAlarms.replaceChildren(...unseen.map((alarm) => document.importNode(alarm, true)));
  showChanges.textContent = queue.dataset.changes.replace("#", number || unseen.length || 1);
  showChanges.hidden = false;
  news.hidden = false;
  if (said.textContent !== showChanges.textContent) said.textContent = showChanges.textContent;
}

function show() {
  if (!waiting) return;
  const focused = document.activeElement?.closest?.("li[data-reference]")?.dataset.reference;
  const place = refs().indexOf(document.activeElement);
  for (const id of PARTS) {
    const fresh = part(id, waiting);
    const old = part(id);
    if (fresh && old && fresh.outerHTML !== old.outerHTML) {
      if (id === "alarms") alarms.replaceStrip(old, fresh);
      else old.replaceWith(document.importNode(fresh, true));
    }
  }
  waiting = null;
  news.hidden = true;
  newAlarms.replaceChildren();
  if (focused) (rows(document).get(focused)?.querySelector("a.ref") ?? refs()[Math.min(place, refs().length - 1)])?.focus();
}

function free() {
  if (waiting && !inUse()) show();
}

showChanges.addEventListener("click", show);
queue.addEventListener("pointerleave", free);
queue.addEventListener("focusout", () => setTimeout(free));
document.addEventListener("visibilitychange", free);

// ---- Keys

const card = document.getElementById("keys");
const keysOn = document.getElementById("keys-on");
const next = document.getElementById("next");

function move(by) {
  const all = refs();
  const at = all.indexOf(document.activeElement);
  const to = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
  all[to]?.focus();
}

function take() {
  next?.querySelector("button").click();
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  n: take,
  r: show,
  "/": () => document.getElementById("search")?.focus(),
  "?": () => card.showModal(),
};
const ARROWS = { ArrowDown: 1, ArrowUp: -1 };

// A keyboard set to Urdu or Sindhi writes other letters: use the key's place then.
function keyOf(event) {
  if (event.key === "؟") return "?";
  const latin = /^[\x20-\x7e]$/.test(event.key) ? event.key : event.code.replace(/^Key/, "");
  return latin.toLowerCase();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || card.open || !keysOn.checked) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const arrow = ARROWS[event.key];
  const act = arrow ? refs().includes(document.activeElement) && (() => move(arrow)) : KEYS[keyOf(event)];
  if (!act) return;
  event.preventDefault();
  if (!event.repeat || arrow || act === KEYS.j || act === KEYS.k) act();
});

document.getElementById("show-keys").hidden = false;
document.getElementById("show-keys").addEventListener("click", () => card.showModal());
document.getElementById("close-keys").addEventListener("click", () => card.close());
keysOn.checked = localStorage.getItem("keys") !== "off";
keysOn.addEventListener("change", () => localStorage.setItem("keys", keysOn.checked ? "on" : "off"));

// Send "take next" once, also after a double click.
next?.addEventListener("submit", (event) => {
  if (next.dataset.sent) event.preventDefault();
  next.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => next && delete next.dataset.sent);

setTimeout(poll, EVERY_MS);
