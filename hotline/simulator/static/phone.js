// Sends texts without leaving the page, looks for changes once a second, and counts the parts of a text while it is typed.
// Without JavaScript the page works with plain forms.
"use strict";

const POLL_MS = 1000;
const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("^{}\\[~]|€\f");
const SINDHI = /[ٻڀٺٽڦڄڃڇڌڊڏڍڙڪڳڱڻ۽۾]/;

let version = document.body.dataset.version;

function countParts(text) {
  const letters = [...text];
  const gsm = letters.every((letter) => BASIC.has(letter) || EXTENDED.has(letter));
  const sizes = letters.map((letter) => (gsm ? (EXTENDED.has(letter) ? 2 : 1) : letter.length));
  const used = sizes.reduce((sum, size) => sum + size, 0);
  const alone = gsm ? 160 : 70;
  let parts = 1;
  if (used > alone) {
    let fill = 0;
    for (const size of sizes) {
      if (fill + size > (gsm ? 153 : 67)) {
        parts += 1;
        fill = 0;
      }
      fill += size;
    }
  }
  return { used, parts, name: gsm ? "GSM-7" : "UCS-2", alone };
}

function showCount(phone) {
  const box = phone.querySelector("textarea");
  const text = box.value;
  box.lang = SINDHI.test(text) ? "sd" : "";
  const count = phone.querySelector(".count");
  const { used, parts, name, alone } = countParts(text);
  count.textContent = text ? `${used}${parts === 1 ? ` of ${alone}` : ""} · ${name} · ${parts} ${parts === 1 ? "part" : "parts"}` : "\u00a0";
  count.classList.toggle("many", parts > 1);
}

function toEnd(phone) {
  const texts = phone.querySelector(".texts");
  texts.scrollTop = texts.scrollHeight;
}

function showNews(news) {
  version = String(news.version);
  for (const phone of document.querySelectorAll(".phone")) {
    const screen = news.screens[phone.dataset.number];
    if (screen === undefined) continue;
    showCall(phone, screen.call); // of call.js
    const texts = phone.querySelector(".texts");
    if (texts.dataset.html === screen.html) continue;
    const atEnd = texts.scrollHeight - texts.scrollTop - texts.clientHeight < 60;
    texts.innerHTML = screen.html; // rendered and escaped by the server, from the template of the first page
    texts.dataset.html = screen.html;
    phone.querySelector(".status").value = screen.reference;
    if (atEnd) toEnd(phone);
  }
  document.getElementById("log").innerHTML = news.log;
  showFaults(news.faults);
}

function showFaults(faults) {
  const panel = document.getElementById("panel");
  if (panel.dataset.touched) return; // somebody is filling the form in: keep what is typed
  for (const [name, value] of Object.entries(faults)) {
    const field = panel.elements[name];
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
    if (name.endsWith("_next")) field.closest("label").classList.toggle("on", value !== 0);
  }
}

async function look() {
  const lost = document.getElementById("lost");
  try {
    const answer = await fetch(`/screens?after=${encodeURIComponent(version)}`);
    if (answer.status === 200) showNews(await answer.json());
    lost.hidden = answer.ok;
  } catch {
    lost.hidden = false;
  }
}

async function send(phone, form) {
  const box = form.querySelector("textarea");
  const data = new FormData(form);
  const photo = form.querySelector("input[type=file]");
  if (!box.value.trim() && !photo.files.length) return;
  const written = box.value;
  box.value = "";
  photo.value = "";
  showCount(phone);
  toEnd(phone);
  try {
    // The hotline may take seconds to answer. The text is on the screen with the next update.
    const answer = await fetch("/send", { method: "POST", body: data, redirect: "manual" });
    if (answer.type !== "opaqueredirect") throw new Error("refused");
  } catch {
    box.value = written;
    document.getElementById("lost").hidden = false;
  }
  await look();
}

for (const phone of document.querySelectorAll(".phone")) {
  const form = phone.querySelector(".write");
  const box = form.querySelector("textarea");
  box.addEventListener("input", () => showCount(phone));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.submitter?.name === "example") {
      box.value = event.submitter.value;
      showCount(phone);
      box.focus();
    } else {
      send(phone, form);
    }
  });
  toEnd(phone);
}

document.getElementById("panel").addEventListener("input", (event) => {
  event.currentTarget.dataset.touched = "yes";
});

async function keepLooking() {
  if (!document.hidden) await look();
  setTimeout(keepLooking, POLL_MS);
}
keepLooking();
