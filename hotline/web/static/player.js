// A button for each player that plays at 1.5 times the speed. The rest of the player is the browser's and works without this script.
for (const button of document.querySelectorAll("button[data-faster]")) {
  const player = document.getElementById(button.dataset.faster);
  button.hidden = false;
  button.addEventListener("click", () => {
    const faster = player.playbackRate === 1;
    player.playbackRate = player.defaultPlaybackRate = faster ? 1.5 : 1;
    button.setAttribute("aria-pressed", String(faster));
  });
}
