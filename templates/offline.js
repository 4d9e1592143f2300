// {% load static %}What a browser shows when it can't reach us: one page, kept with its looks. Nothing else is kept.
const KEPT = "cairn-offline-1";
const PAGE = "{% url 'offline' %}";
const PARTS = [
  PAGE,
  "{% static 'vendor/pico.min.css' %}",
  "{% static 'vendor/fraunces.woff2' %}",
  "{% static 'cairn/tokens.css' %}",
  "{% static 'cairn/cairn.css' %}",
  "{% static 'cairn/cairn.svg' %}",
];

self.addEventListener("install", (event) =>
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(PARTS))),
);
self.addEventListener("activate", (event) =>
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))),
      ),
  ),
);
self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  if (event.request.mode === "navigate")
    event.respondWith(fetch(event.request).catch(() => caches.match(PAGE)));
  else if (PARTS.includes(new URL(event.request.url).pathname))
    event.respondWith(fetch(event.request).catch(() => caches.match(event.request)));
});
