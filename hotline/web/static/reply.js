// Keeps the draft while the volunteer types, and shows what it costs and gives away. Without this script the button "Check and keep" does both.
for (const form of document.querySelectorAll("form[data-draft]")) {
  const body = form.elements.body;
  const counted = form.querySelector(".counted");
  let kept = body.value;
  let shown = "";
  let timer = 0;
  let saving = false;

  const fields = () => {
    const data = new URLSearchParams();
    data.set("csrf_token", form.elements.csrf_token.value);
    data.set("owner", form.elements.owner.value);
    data.set("version", form.elements.version.value);
    data.set("body", body.value);
    return data;
  };

  const keep = async (last) => {
    clearTimeout(timer);
    timer = 0;
    if (body.value === kept) return;
    if (saving && !last) { // one request at a time: an older draft must not arrive last
      timer = setTimeout(() => keep(false), 1000);
      return;
    }
    saving = true;
    const sending = body.value;
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body: fields(), keepalive: last, redirect: "error" });
      if (!answer.ok) throw new Error(answer.status);
      const html = await answer.text();
      kept = sending;
      if (body.value === sending && html !== shown) { // put anew only if it says something else: a button in it may have the focus
        counted.innerHTML = html;
        shown = html;
      }
    } catch {
      shown = "";
      counted.textContent = counted.dataset.lost;
    }
    saving = false;
  };

  body.addEventListener("input", () => {
    if (!timer) timer = setTimeout(() => keep(false), 1000);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep(true);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    kept = body.value;
  });
}
