// Comfort for the review desk; everything works without it.
(() => {
  const review = document.querySelector(".review");
  if (!review) return;
  const typing = (element) => element.matches("input:not([type=checkbox]), textarea, select");

  // Letters lead to a button or a field; only a second key, Enter, presses it.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "j" || event.key === "k") return step(event.key === "j" ? 1 : -1);
    const wanted = [...review.querySelectorAll("[accesskey]")].find(
      (one) => one.accessKey === event.key,
    );
    if (!wanted) return;
    event.preventDefault();
    wanted.focus();
    if (wanted.matches("a")) wanted.click();
  });

  let current = -1;
  function step(way) {
    const findings = review.querySelectorAll(
      "#findings .issues > li[id], #changes .pair:not(.same, .names)",
    );
    if (!findings.length) return;
    current = (current + way + findings.length) % findings.length;
    findings[current].tabIndex = -1;
    findings[current].focus();
  }

  // A link into a part that is folded away opens it.
  const unfold = () => {
    let part = document.getElementById(location.hash.slice(1));
    for (; part; part = part.parentElement) if (part.matches("details")) part.open = true;
  };
  addEventListener("hashchange", unfold);
  unfold();

  // In the picture, what a concept needs and unlocks.
  const picture = review.querySelector(".picture svg");
  const touch = (event, on) => {
    const node = event.target.closest?.(".concept");
    if (!node) return;
    const id = node.dataset.id;
    picture.classList.toggle("touched", on);
    for (const curve of picture.querySelectorAll(`[data-source="${id}"], [data-target="${id}"]`)) {
      curve.classList.toggle("near", on);
      for (const end of [curve.dataset.source, curve.dataset.target])
        picture.querySelector(`[data-id="${end}"]`)?.classList.toggle("near", on);
    }
  };
  for (const [name, on] of [
    ["mouseover", true],
    ["focusin", true],
    ["mouseout", false],
    ["focusout", false],
  ])
    picture?.addEventListener(name, (event) => touch(event, on));

  // The edit page comes back where it was, with the same button in focus.
  const editor = document.querySelector(".editor");
  const scroller = document.scrollingElement;
  editor?.addEventListener("submit", (event) => {
    sessionStorage.setItem(
      "edited",
      JSON.stringify({ at: scroller.scrollTop, focus: event.submitter?.id || "" }),
    );
  });
  const kept = editor && JSON.parse(sessionStorage.getItem("edited") || "null");
  sessionStorage.removeItem("edited");
  if (kept) {
    scroller.scrollTop = kept.at;
    const opened = editor.querySelector(".fields");
    const focused =
      (opened && opened.querySelector("input")) || document.getElementById(kept.focus);
    focused?.focus({ preventScroll: !opened });
  }
})();
