// Progress as it happens. The row is the truth: every event only makes the page ask for its state again.
const state = document.getElementById("state");
const timeline = document.getElementById("timeline");
const connection = document.getElementById("connection");
const seen = new Set([...timeline.children].map((item) => item.dataset.id));
const GOODBYE = [4401, 4404, 4429]; // signed out, no longer there, too many pages: trying again would not help
let pause = 500; // milliseconds before the next try
let refreshing = null;

function refresh() {
  if (refreshing) return; // a burst of events is one request
  refreshing = setTimeout(() => { refreshing = null; htmx.trigger(state, "refresh"); }, 300);
}

function tell(event) {
  if (seen.has(event.id)) return;
  seen.add(event.id);
  const item = document.createElement("li");
  item.className = event.level;
  item.dataset.sequence = event.sequence;
  const time = document.createElement("time");
  time.dateTime = event.occurred_at;
  time.textContent = event.occurred_at.slice(11, 19);
  item.append(time, " " + event.message);
  const earlier = [...timeline.children].reverse().find((one) => Number(one.dataset.sequence) <= event.sequence);
  earlier ? earlier.after(item) : timeline.prepend(item);
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}${state.dataset.socket}`);
  socket.onmessage = (message) => {
    const said = JSON.parse(message.data);
    if (said.type === "snapshot") { connection.textContent = "live"; pause = 500; said.events.forEach(tell); }
    else tell(said.event);
    refresh();
  };
  socket.onclose = (closed) => {
    connection.textContent = GOODBYE.includes(closed.code) ? "not live: reload the page" : "connecting again…";
    if (GOODBYE.includes(closed.code)) return;
    setTimeout(connect, pause);
    pause = Math.min(pause * 2, 15000);
  };
}
connect();
