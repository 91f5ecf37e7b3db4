// A ticket's page: each form is saved in its place, what colleagues and the citizen do shows, and keys lead to every part. Without this
// script each form loads the page anew and leads back to its panel.
{
  const EVERY_MS = 5000;
  const ticket = document.getElementById("ticket");
  const news = document.getElementById("news");
  const showChanges = document.getElementById("show-changes");
  const said = document.getElementById("aloud");

  let waiting = null; // the newer page, until the reader asks for it
  let sending = false;

  // ---- One page becomes another, and nothing moves that is the same in both

  function isDirty(field) {
    if (field.matches("input[type=hidden], button")) return false;
    if (field.matches("input[type=checkbox], input[type=radio]")) return field.checked !== field.defaultChecked;
    if (field.matches("select")) {
      const first = [...field.options].findIndex((option) => option.defaultSelected);
      return field.selectedIndex !== Math.max(first, 0);
    }
    return field.value !== field.defaultValue;
  }

  // `sent`: the form that was answered; of all others what was written there stays.
  function become(page, sent = null) {
    const keep = new Set([...ticket.querySelectorAll("input, select, textarea")].filter((field) => field.form !== sent && isDirty(field)));
    const callbacks = {
      beforeNodeMorphed: (old) => !keep.has(old) && !(old instanceof HTMLMediaElement && !old.paused),
      beforeNodeRemoved: (old) => !(old instanceof Element && (old === document.activeElement || [...keep].some((field) => old.contains(field)))),
      // What the reader has opened stays open, and what a script has shown or pressed stays so.
      beforeAttributeUpdated: (name, of) =>
        !(name === "open" && of.matches("details") && !(sent && of.contains(sent))) && !(["hidden", "aria-pressed"].includes(name) && of.matches("button")),
    };
    const top = document.activeElement?.getBoundingClientRect().top;
    for (const old of document.querySelectorAll("main [autofocus]")) old.removeAttribute("autofocus");
    Idiomorph.morph(ticket, page.getElementById("ticket").outerHTML, { restoreFocus: true, callbacks });
    document.getElementById("here").replaceWith(document.importNode(page.getElementById("here"), true));
    replaceNotices(page);
    for (const field of sent?.elements ?? []) reset(field);
    waiting = null;
    news.hidden = true;
    // What has the focus stays where it was in the window, although the timeline above it may have grown.
    const now = document.activeElement?.getBoundingClientRect().top;
    if (top && now && document.activeElement !== document.body) window.scrollBy(0, now - top);
    return keep.size;
  }

  // What was answered shows in its form as the page has it, also where the reader had chosen something else.
  function reset(field) {
    if (field.matches("input[type=hidden], button, fieldset")) return;
    if (field.matches("select")) field.selectedIndex = Math.max([...field.options].findIndex((option) => option.defaultSelected), 0);
    else if (field.matches("input[type=checkbox], input[type=radio]")) field.checked = field.defaultChecked;
    else field.value = field.defaultValue;
  }

  // The notices between the alarms and the number of the ticket.
  function replaceNotices(page) {
    const between = (of) => [...of.querySelectorAll("main > .notice:not(#touch)")];
    for (const old of between(document)) old.remove();
    const head = document.querySelector("main > .head");
    head.before(...between(page).map((notice) => document.importNode(notice, true)));
  }

  function parse(text) {
    return new DOMParser().parseFromString(text, "text/html");
  }

  function isThis(page) {
    return page.getElementById("ticket")?.dataset.at === ticket.dataset.at;
  }

  // ---- A form is saved in its place

  async function send(form, button) {
    const data = new FormData(form, button);
    sending = true;
    try {
      const answer = await fetch(button?.hasAttribute("formaction") ? button.formAction : form.action, { method: "POST", body: new URLSearchParams(data) });
      const page = parse(await answer.text());
      if (!isThis(page)) {
        // Another page, or a refusal: what was refused was not done, so the browser sends it again and shows the whole answer.
        if (answer.redirected) location.assign(answer.url);
        else if (button) form.requestSubmit(Object.assign(button, { plain: true }));
        else form.submit();
        return;
      }
      const others = become(page, form);
      const number = document.querySelector("main > .head h1");
      number.tabIndex = -1;
      const notice = document.querySelector("main [autofocus]") ?? number;
      notice.focus();
      notice.scrollIntoView({ block: "nearest" });
      if (others) said.textContent = ticket.dataset.unsaved;
    } catch {
      tell(touch.dataset.lost); // nobody knows whether it arrived: what was written stays, and its version lets it be done once
      touch.scrollIntoView({ block: "nearest" });
    } finally {
      sending = false;
    }
  }

  ticket.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.submitter?.plain || event.target.method !== "post") return;
    event.preventDefault();
    if (!sending) send(event.target, event.submitter);
  });

  // ---- What is new

  async function poll() {
    if (!sending) {
      try {
        await look();
        inTouch(said);
      } catch (fault) {
        if (fault === "out") return tell(touch.dataset.out); // until the reader has logged in again
        outOfTouch();
      }
    }
    setTimeout(poll, EVERY_MS);
    return null;
  }

  async function look() {
    const here = document.getElementById("here");
    const answer = await fetch(ticket.dataset.version, { headers: { "If-None-Match": `"${here.dataset.etag}"` }, cache: "no-store", redirect: "manual" });
    if (answer.type === "opaqueredirect") throw "out";
    if (answer.status === 304) return;
    if (!answer.ok) throw new Error(answer.status);
    const now = parse(await answer.text()).getElementById("here");
    const seen = (waiting?.getElementById("here") ?? here).dataset.mark;
    if (now.dataset.mark !== seen) await announce();
    // Who is here is said at once: the line keeps its place. The mark stays that of the page that is shown.
    here.innerHTML = now.innerHTML;
    here.dataset.etag = now.dataset.etag;
  }

  async function announce() {
    const answer = await fetch(ticket.dataset.live, { cache: "no-store", redirect: "error" });
    if (!answer.ok) throw new Error(answer.status);
    const page = parse(await answer.text());
    if (sending || !isThis(page)) return;
    waiting = page;
    const fresh = [...page.querySelectorAll(".timeline > li")].filter((entry) => !document.getElementById(entry.id));
    const what = [...new Set(fresh.map((entry) => entry.dataset.news))].slice(-3).join(" – ");
    showChanges.textContent = ticket.dataset.news.replace("#", () => what || ticket.dataset.changed);
    said.textContent = showChanges.textContent;
    news.hidden = false;
  }

  function show() {
    if (!waiting) return false;
    const shown = showChanges === document.activeElement;
    become(waiting);
    if (shown) document.getElementById("timeline").focus();
    return true;
  }

  showChanges.addEventListener("click", show);

  // ---- Keys

  function go(id) {
    const target = document.getElementById(id);
    if (!target) return false;
    target.closest("details")?.setAttribute("open", "");
    const place = target.matches("details") ? target.querySelector("summary") : target;
    place.focus();
    place.scrollIntoView({ block: "nearest" });
    return true;
  }

  function press(id) {
    const button = document.getElementById(id)?.querySelector("button");
    button?.click();
    return Boolean(button);
  }

  useKeys({
    a: () => go("body"),
    s: () => go("status"),
    m: () => go("note"),
    f: () => go("category"),
    p: () => go("safety"),
    h: () => go("timeline"),
    t: () => press("take"),
    n: () => press("next"),
    q: () => document.getElementById("back").click(),
    r: show,
    "/": () => document.getElementById("search")?.focus(),
    "?": () => keysCard.showModal(),
  });

  // Escape leaves a field, so that the keys work again. What was typed stays.
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest?.("#ticket :is(textarea, select, input)");
    if (event.key !== "Escape" || event.isComposing || !field) return;
    const heading = field.closest(".panel")?.querySelector("h2, summary");
    if (heading?.matches("h2")) heading.tabIndex = -1;
    heading?.focus();
  });

  // Send "take next" once, also after a double click.
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "next") return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => delete document.getElementById("next")?.dataset.sent);

  setTimeout(poll, EVERY_MS);
}
