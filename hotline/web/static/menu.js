// Closes the header's menu by Escape, which gives the focus back to what opened it, and by a click elsewhere.
{
  const menu = document.querySelector("details.menu");

  menu?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopPropagation();
  });

  document.addEventListener("click", (event) => {
    if (menu?.open && !menu.contains(event.target)) menu.open = false;
  });
}
