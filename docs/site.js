/* What scrolls sideways can be scrolled from the keyboard. Material wraps tables when the page is there. */
const wide = ".md-typeset__scrollwrap, .md-typeset p:has(> img[src*='architecture'])";
const reach = () =>
  document.querySelectorAll(wide).forEach((one) => one.setAttribute("tabindex", "0"));
new MutationObserver(reach).observe(document.querySelector(".md-content"), {
  childList: true,
  subtree: true,
});
reach();
