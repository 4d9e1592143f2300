// Progress as it happens. The row is the truth: every event only makes the page ask for its state again.
const state = document.getElementById("state");
const timeline = document.getElementById("timeline");
const connection = document.getElementById("connection");
const seen = new Set([...timeline.children].map((item) => item.dataset.id));
const SIGNED_OUT = 4401;
const GONE = [4403, 4404]; // no longer there, or no longer for this person
const GOODBYE = [SIGNED_OUT, ...GONE, 4400, 4429]; // those, or too many pages: trying again would not help
const EVENTS_MAX = 300; // as the server shows
const FIRST_PAUSE = 500,
  LAST_PAUSE = 15000; // milliseconds before the next try
const clock = clockIn(state.dataset.zone);
let pause = FIRST_PAUSE;
let refreshing = null;
let asked = 0; // when the last refresh began
let took = 100; // milliseconds that it needed
let over = false;

function refresh(after = Math.max(300, 2 * took)) {
  if (refreshing || over) return; // a burst of events is one request, and a slow server is asked less often
  refreshing = setTimeout(() => {
    refreshing = null;
    if (over) return;
    asked = performance.now();
    htmx.trigger(state, "refresh");
  }, after);
}

// As the server writes the times of the page; a browser that does not know its zone uses its own.
function clockIn(zone) {
  const parts = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  try {
    return new Intl.DateTimeFormat("en-GB", { ...parts, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", parts);
  }
}

function tell(event) {
  if (seen.has(event.id)) return;
  seen.add(event.id);
  const item = document.createElement("li");
  item.className = event.level;
  item.dataset.id = event.id;
  item.dataset.sequence = event.sequence;
  const time = document.createElement("time");
  time.dateTime = event.occurred_at;
  time.textContent = clock.format(new Date(event.occurred_at));
  item.append(time, " " + event.message);
  const follow = timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight < 40; // who reads above is left there
  const earlier = [...timeline.children]
    .reverse()
    .find((one) => Number(one.dataset.sequence) <= event.sequence);
  earlier ? earlier.after(item) : timeline.prepend(item);
  while (timeline.children.length > EVENTS_MAX) timeline.firstElementChild.remove();
  if (follow) timeline.scrollTop = timeline.scrollHeight;
}

function hear(said) {
  if (over) return;
  if (said.type === "snapshot") {
    connection.textContent = state.dataset.live;
    pause = FIRST_PAUSE;
    said.events.forEach(tell);
  } else tell(said.event);
  refresh();
}

// Says what became of the line when it is over for good: in words with a way on, where there is one.
function end(code) {
  over = true;
  const words = code === SIGNED_OUT ? "signed-out" : GONE.includes(code) ? "gone" : "";
  if (words) connection.replaceChildren(document.getElementById(words).content.cloneNode(true));
  else connection.textContent = state.dataset.over;
}

function connect() {
  if (over) return;
  let live = false;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}${state.dataset.socket}`);
  socket.onmessage = (message) => {
    live = true;
    afterPress(() => hear(JSON.parse(message.data)));
  };
  socket.onclose = (closed) => {
    // A session goes on under another key when a password is changed in it: only a line that never came about is over.
    const moved = closed.code === SIGNED_OUT && live;
    if (GOODBYE.includes(closed.code) && !moved) return end(closed.code);
    connection.textContent = state.dataset.again;
    setTimeout(connect, pause);
    pause = Math.min(pause * 2, LAST_PAUSE);
  };
}

// Where the picture was scrolled to outlives its replacement.
let scrolled = [];
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target !== state) return;
  took = performance.now() - asked;
  scrolled = [...document.querySelectorAll("#course .picture")].map((one) => [
    one.scrollLeft,
    one.scrollTop,
  ]);
  // Signed out meanwhile: the answer is another page, which must not stand inside this one.
  if (
    new URL(event.detail.xhr.responseURL).pathname !== location.pathname.replace(/changes\/$/, "")
  ) {
    event.detail.shouldSwap = false;
    end(SIGNED_OUT);
  }
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== state) return;
  [...document.querySelectorAll("#course .picture")].forEach((one, index) => {
    [one.scrollLeft, one.scrollTop] = scrolled[index] || [0, 0];
  });
});
for (const failure of ["htmx:sendError", "htmx:responseError"]) {
  document.body.addEventListener(failure, () => refresh(3000)); // what was not heard is asked for again
}
timeline.scrollTop = timeline.scrollHeight;
connect();
