// The open inbox, live. The rows are the truth: whatever is heard only makes it fetch its own address again.
document.addEventListener("DOMContentLoaded", () => {
  const live = document.getElementById("inbox-live");
  if (!live) return;
  const SIGNED_OUT = 4401,
    FORBIDDEN = 4403;
  const GOODBYE = [SIGNED_OUT, FORBIDDEN, 4400, 4429]; // those, or too many pages: trying again would not help
  let pause = 500; // milliseconds before the next try
  let asked = false; // the rows are on their way
  let missed = false; // something was heard of meanwhile
  let said = "";

  const key = (row) =>
    row.querySelector("input.action-select")?.value || row.querySelector("th a")?.pathname;
  const rows = () => [...document.querySelectorAll("#result_list tr.data-row")];
  const ticked = () =>
    [...document.querySelectorAll("input.action-select:checked")].map((box) => box.value);

  function refresh() {
    missed = true; // one request for a burst of events, and one at a time: an older answer must not come last
    if (asked) return;
    asked = true;
    setTimeout(async () => {
      missed = false;
      const page = await fetchPage().catch(() => null);
      await stillness();
      if (page) show(page);
      asked = false;
      if (missed) refresh();
    }, 300);
  }

  async function fetchPage() {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const here = answer.ok && !answer.redirected; // otherwise signed out meanwhile, or the site is away
    return here ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  }

  function show(page) {
    swap(page);
    live.textContent = said || "Live";
  }

  // Another row must not come under a pointer that is about to press the button of this one.
  function stillness() {
    const aims = () =>
      matchMedia("(hover: hover)").matches &&
      document.querySelector("#result_list .desk-act button:hover");
    return new Promise((still) => {
      const look = () => (aims() ? setTimeout(look, 200) : window.afterPress(still));
      look();
    });
  }

  function swap(fresh) {
    const known = new Set(rows().map(key));
    const chosen = ticked();
    const focused = focusedControl();
    replace("#inbox-tabs", fresh);
    // The form is kept where it can be, with the action that may be half chosen in it.
    replace(
      document.getElementById("result_list") && fresh.getElementById("result_list")
        ? "#result_list"
        : "#changelist-form",
      fresh,
    );
    for (const row of rows()) if (!known.has(key(row))) row.classList.add("arrived");
    for (const box of document.querySelectorAll("input.action-select")) {
      box.checked = chosen.includes(box.value);
      box.closest("tr").classList.toggle("selected", box.checked);
    }
    const boxes = document.querySelectorAll("tr input.action-select");
    if (boxes.length && window.Actions)
      window.Actions(boxes, { parent: document.querySelector(".result-list-wrapper") });
    const counter = document.querySelector("span.action-counter");
    if (counter) {
      counter.dataset.actionsIcnt = boxes.length;
      counter.textContent = `${ticked().length} of ${boxes.length} selected`;
    }
    if (focused) document.querySelector(focused)?.focus();
  }

  function focusedControl() {
    const one = document.activeElement;
    if (!one?.closest("#result_list")) return "";
    if (one.name === "_selected_action")
      return `input[name=_selected_action][value="${one.value}"]`;
    if (one.getAttribute("formaction"))
      return `button[formaction="${one.getAttribute("formaction")}"]`;
    return one.getAttribute("href")
      ? `#result_list a[href="${CSS.escape(one.getAttribute("href"))}"]`
      : "";
  }

  function replace(selector, fresh) {
    const [old, next] = [document.querySelector(selector), fresh.querySelector(selector)];
    if (old && next) old.replaceWith(document.adoptNode(next));
  }

  // In words with a way on, where there is one.
  function end(code) {
    const words = { [SIGNED_OUT]: "inbox-signed-out", [FORBIDDEN]: "inbox-forbidden" }[code];
    if (words) live.replaceChildren(document.getElementById(words).content.cloneNode(true));
    else live.textContent = "Not live: reload the page";
  }

  function connect() {
    let joined = false;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${live.dataset.socket}`);
    socket.onmessage = (message) => {
      const heard = JSON.parse(message.data);
      joined = true;
      if (heard.type === "event") said = heard.event.said;
      pause = 500;
      refresh();
    };
    socket.onclose = (closed) => {
      // A session goes on under another key when a password is changed in it: only a line that never came about is over.
      const moved = closed.code === SIGNED_OUT && joined;
      if (GOODBYE.includes(closed.code) && !moved) return end(closed.code);
      live.textContent = "Connecting again…";
      setTimeout(connect, pause);
      pause = Math.min(pause * 2, 15000);
    };
  }
  connect();
});
