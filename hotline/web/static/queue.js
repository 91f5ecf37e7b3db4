// Keeps the open queue up to date, and handles its keys. Without this script the page works by reload.
// A change made elsewhere shows within five seconds; alarms.js sounds and notifies then.
const EVERY_MS = 5000;
const COUNT_AFTER = 12; // polls without a change after which the page is loaded anew: its figures count tickets of other pages too
const queue = document.getElementById("queue");
const news = document.getElementById("news");
const newAlarms = document.getElementById("new-alarms");
const showChanges = document.getElementById("show-changes");
const said = document.getElementById("said");
const PARTS = ["alarms", "lists", "tickets"];

let mark = part("alarms").dataset.mark;
let waiting = null; // the newer page, not shown while the reader points at or uses the list
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
    inTouch(said);
  } catch {
    outOfTouch();
  }
  setTimeout(poll, EVERY_MS);
}

async function look() {
  const answer = await fetch(queue.dataset.list, { cache: "no-store", redirect: "error" });
  if (!answer.ok) throw new Error(answer.status);
  waiting = new DOMParser().parseFromString(await answer.text(), "text/html");
  mark = part("alarms", waiting).dataset.mark;
  atRest = 0;
  const changes = count();
  if (!inUse()) {
    show();
    if (changes) said.textContent = queue.dataset.shown;
  } else if (changes) announceChanges(changes);
  alarms.look(waiting ?? document);
}

// Whether the pointer or the focus is in the queue, so that a change would move what the reader is about to use. A hidden page is not in use.
function inUse() {
  return !document.hidden && (queue.matches(":hover") || queue.contains(document.activeElement));
}

function rows(of) {
  return new Map([...of.querySelectorAll("li[data-reference]")].map((row) => [row.dataset.reference, row]));
}

function newAlarmsOf(page) {
  return [...page.querySelectorAll("[data-alarm]")].filter((alarm) => !queue.querySelector(`[data-alarm="${alarm.dataset.alarm}"]`));
}

function counts(of) {
  return [...part("lists", of)?.querySelectorAll(".count") ?? []].map((count) => count.textContent).join();
}

// How much has changed that a reader is told of. A minute more on every ticket, or a colleague who opened one, is no change.
function count() {
  const before = rows(document);
  const after = rows(waiting);
  const added = [...after.keys()].filter((reference) => !before.has(reference)).length;
  const changed = [...before].filter(([reference, row]) => after.get(reference)?.dataset.version !== row.dataset.version).length;
  const others = newAlarmsOf(waiting).length || queue.querySelectorAll("[data-alarm]").length !== waiting.querySelectorAll("[data-alarm]").length;
  return added + changed || Number(others) || Number([...before.keys()].join() !== [...after.keys()].join() || counts(document) !== counts(waiting));
}

function announceChanges(number) {
  const after = rows(waiting);
  for (const [reference, row] of rows(document)) row.classList.toggle("changed", after.get(reference)?.dataset.version !== row.dataset.version);
  newAlarms.replaceChildren(...newAlarmsOf(waiting).map((alarm) => document.importNode(alarm, true)));
  showChanges.textContent = queue.dataset.changes.replace("#", number);
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

function alongList(by) {
  return refs().includes(document.activeElement) && move(by);
}

useKeys(
  {
    j: () => move(1),
    k: () => move(-1),
    arrowdown: () => alongList(1),
    arrowup: () => alongList(-1),
    n: take,
    r: show,
    "/": () => document.getElementById("search")?.focus(),
    "?": () => keysCard.showModal(),
  },
  ["j", "k", "arrowdown", "arrowup"],
);

// Send "take next" once, also after a double click.
next?.addEventListener("submit", (event) => {
  if (next.dataset.sent) event.preventDefault();
  next.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => next && delete next.dataset.sent);

setTimeout(poll, EVERY_MS);
