// Alarms reach a volunteer on every page and in other tabs: a strip, a sound, a notification. Without this script the queue shows them by
// reload, and nobody misses one: a phone rings for what is not seen ([duty] page_s). On the queue, queue.js asks what has changed.
{
  const LOOK_EVERY_MS = 15000;
  const SOUND_EVERY_MS = 15000;
  const player = document.getElementById("alarm-sound");
  const strip = document.getElementById("strip"); // on every page but the queue
  const soundButton = document.getElementById("sound");
  const notifyButton = document.getElementById("notify");
  const soundedKey = "sounded"; // when any page of this browser sounded last, so that open pages do not sound one over the other

  let known = new Set(named(document));
  let triedAt = 0;

  // What is alarmed about in a page; an alarm that was raised again counts as new.
  function named(page) {
    return [...page.querySelectorAll("[data-alarm], li[data-sounds]")].map(({ dataset }) => `${dataset.alarm ?? dataset.reference} ${dataset.raised ?? ""}`);
  }

  // ---- The sound, once a click has allowed it

  function wantsSound() {
    return localStorage.getItem("sound") === "on";
  }

  function isOver(since) {
    return Math.abs(Date.now() - since) >= SOUND_EVERY_MS; // a clock that was put back must not silence it
  }

  async function sound({ now = false } = {}) {
    const mayRest = !document.querySelector("[data-sounds]") || !isOver(triedAt) || !isOver(Number(localStorage.getItem(soundedKey)));
    if (!wantsSound() || (!now && mayRest)) return;
    triedAt = Date.now();
    try {
      await player.play();
      localStorage.setItem(soundedKey, String(Date.now()));
      soundButton?.setAttribute("aria-pressed", "true");
    } catch {
      soundButton?.setAttribute("aria-pressed", "false"); // the browser plays no sound before a click on this page
    }
  }

  if (soundButton) {
    soundButton.hidden = false;
    soundButton.setAttribute("aria-pressed", String(wantsSound()));
    soundButton.addEventListener("click", () => {
      const on = soundButton.getAttribute("aria-pressed") !== "true";
      localStorage.setItem("sound", on ? "on" : "off");
      soundButton.setAttribute("aria-pressed", String(on));
      if (on) sound({ now: true });
    });
  }

  // ---- The notification, which says nothing: others may see the screen

  function offerNotifications() {
    if (notifyButton) notifyButton.hidden = !("Notification" in window) || Notification.permission !== "default";
  }

  function notify() {
    const isLookedAt = document.visibilityState === "visible" && document.hasFocus();
    if (isLookedAt || !("Notification" in window) || Notification.permission !== "granted") return;
    try {
      // With a tag the open pages of one browser show one notification between them.
      const shown = new Notification(player.dataset.needs, { tag: "page", renotify: true });
      shown.onclick = () => {
        window.focus();
        shown.close();
      };
    } catch {
      // Chrome on Android shows none without a service worker: there the sound and the phone tell.
    }
  }

  notifyButton?.addEventListener("click", async () => {
    await Notification.requestPermission();
    offerNotifications();
  });
  offerNotifications();

  // A newer page came, shown or not yet.
  function look(page) {
    const now = named(page);
    if (now.some((one) => !known.has(one))) notify();
    known = new Set(now);
    sound();
  }

  // Put a newer strip in the place of an older one, open as that was.
  function replaceStrip(old, fresh) {
    const wasOpen = old?.querySelector("details")?.open ?? false;
    const placed = document.importNode(fresh, true);
    const list = placed.querySelector("details");
    if (list) list.open = wasOpen;
    if (old) old.replaceWith(placed);
    else strip.append(placed);
  }

  // ---- The strip of other pages

  async function ask({ atOnce = false } = {}) {
    try {
      const answer = await fetch(strip.dataset.alarms, { cache: "no-store", redirect: "error" });
      if (answer.ok) fill(new DOMParser().parseFromString(await answer.text(), "text/html"), atOnce);
    } catch {
      // The next answer is soon; whatever the volunteer sends meanwhile says what is wrong.
    }
  }

  function fill(page, atOnce) {
    const shown = strip.querySelector("#alarms");
    const fresh = page.getElementById("alarms");
    const isSame = shown && named(shown).join() === named(fresh).join();
    const inUse = shown && (strip.matches(":hover") || strip.contains(document.activeElement)) && !document.hidden;
    if (!isSame && (atOnce || !inUse)) replaceStrip(shown, fresh);
    look(page);
  }

  async function askAgain() {
    await ask();
    setTimeout(askAgain, LOOK_EVERY_MS);
  }

  // Said from a ticket's page, "I have seen it" leaves that page as it is: a text may be half written there.
  strip?.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await fetch(event.target.action, { method: "POST", body: new URLSearchParams(new FormData(event.target)), redirect: "manual" });
    } catch {
      // It was not sent: the line stays, and can be sent again.
    }
    await ask({ atOnce: true });
    (strip.querySelector(".alarm button") ?? document.getElementById("main")).focus();
  });

  if (strip) askAgain();
  setInterval(sound, 1000);
  sound();
  globalThis.alarms = { look, replaceStrip };
}
