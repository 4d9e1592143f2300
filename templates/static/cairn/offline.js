// Only where it is safe to have one: service workers need HTTPS, or this machine.
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/offline.js").catch(() => {});
