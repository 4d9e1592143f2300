// htmx would add a style of its own to the page, which the page's policy refuses; it reads this before it begins.
const settings = document.createElement("meta");
settings.name = "htmx-config";
settings.content = JSON.stringify({ includeIndicatorStyles: false });
document.head.append(settings);
// Unfold's button for a list's filters is a link without an address: no keyboard reaches it, and nothing tells of its state.
document.addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector('#changelist a[x-on\\:click^="filterOpen"]');
  const panel = document.getElementById("changelist-filter");
  if (!button || !panel) return;
  button.tabIndex = 0;
  button.setAttribute("role", "button");
  button.setAttribute("aria-controls", panel.id);
  button.setAttribute("aria-expanded", "false");
  button.querySelector(".material-symbols-outlined")?.setAttribute("aria-hidden", "true"); // its text names a picture
  button.addEventListener("keydown", (pressed) => {
    if (pressed.key !== "Enter" && pressed.key !== " ") return;
    pressed.preventDefault();
    button.click();
  });
  // Unfold closes it on Escape and beside it; what it shows and hides is the panel's style.
  new MutationObserver(() => {
    const open = String(panel.style.display !== "none");
    if (button.getAttribute("aria-expanded") === open) return;
    button.setAttribute("aria-expanded", open);
    const first = panel.querySelector(
      "a[href], button, select, textarea, input:not([type=hidden])",
    );
    (open === "true" && first ? first : button).focus();
  }).observe(panel, { attributeFilter: ["style"] });
});
