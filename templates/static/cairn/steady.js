// A page that changes by itself stays steady under a hand. What is moved or replaced between the beginning of a press and
// its end gets no click, so whatever would change waits for the end.
(() => {
  const LONGEST = 10000; // milliseconds; the end of a press may never be heard of, as in a menu of the browser
  const TAP = 50; // the click of a finger comes a little after its end
  const waiting = [];
  let pressed = null; // a timer

  function end() {
    pressed = null;
    for (const act of waiting.splice(0)) setTimeout(act);
  }
  function endAfter(milliseconds) {
    clearTimeout(pressed);
    pressed = setTimeout(end, milliseconds);
  }
  for (const name of ["pointerdown", "keydown"])
    addEventListener(name, (event) => event.repeat || endAfter(LONGEST), true);
  for (const name of ["pointerup", "pointercancel", "keyup"])
    addEventListener(name, () => pressed && endAfter(TAP), true);

  window.afterPress = (act) => {
    pressed ? waiting.push(act) : act();
  };
  document.addEventListener("htmx:beforeRequest", ({ detail: { xhr } }) => {
    const answered = xhr.onload;
    xhr.onload = () => window.afterPress(() => answered.call(xhr));
  });

  // What a person has unfolded is not folded by what comes in its place.
  let unfolded = [];
  document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
    unfolded = [...target.querySelectorAll("details")].map((one) => one.open);
  });
  document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
    target.querySelectorAll("details").forEach((one, index) => {
      one.open ||= Boolean(unfolded[index]);
    });
  });
})();
