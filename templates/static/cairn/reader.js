// The reader's place, and the keys.
const reader = document.getElementById("reader");
const blocks = [...document.querySelectorAll(".written > *")];
const placeForm = document.getElementById("place");
const READING_AFTER = 10000; // milliseconds on the page until it counts as begun
let kept = Number(reader.dataset.place);
let begun = kept > 0;

const current = document.querySelector(".course [aria-current]");
if (current) current.closest("aside").scrollTop = current.offsetTop - 160;

function keepPlace() {
  if (!placeForm) return; // somebody else's course
  const place = Math.max(
    0,
    blocks.findIndex((block) => block.getBoundingClientRect().bottom > 80),
  );
  if (place === kept && begun) return;
  [kept, begun] = [place, true];
  placeForm.elements.place.value = place;
  navigator.sendBeacon(placeForm.action, new FormData(placeForm));
}

if (kept > 0 && blocks[kept] && !location.hash && !location.search) {
  document.getElementById("resumed").hidden = false;
  blocks[kept].scrollIntoView();
}
let waiting = null;
addEventListener(
  "scroll",
  () => {
    clearTimeout(waiting);
    waiting = setTimeout(keepPlace, 1000);
  },
  { passive: true },
);
document.addEventListener("visibilitychange", () => {
  if (document.hidden && begun) keepPlace();
});
setTimeout(keepPlace, READING_AFTER);

const keys = document.getElementById("keys");
const keysOn = document.getElementById("keys-on");
const keysOpen = document.getElementById("keys-open");
keysOn.checked = localStorage.getItem("keys") !== "off";
keysOn.addEventListener("change", () =>
  localStorage.setItem("keys", keysOn.checked ? "on" : "off"),
);
keysOpen.hidden = false;
keysOpen.addEventListener("click", () => keys.showModal());

const TURN = { j: "next", ArrowRight: "next", k: "prev", ArrowLeft: "prev" };
document.addEventListener("keydown", (event) => {
  if (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    event.defaultPrevented ||
    keys.open ||
    !keysOn.checked
  )
    return;
  // What had the focus in the closed dialog may still have it for a moment.
  if (
    !keys.contains(event.target) &&
    event.target.closest("input, textarea, select, pre, .table, [contenteditable]")
  )
    return;
  if (event.key === "?") keys.showModal();
  else if (TURN[event.key]) document.querySelector(`.turn a[rel=${TURN[event.key]}]`)?.click();
});
