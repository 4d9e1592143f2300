// htmx would add a style of its own to the page, which the page's policy refuses; it reads this before it begins.
const settings = document.createElement("meta");
settings.name = "htmx-config";
settings.content = JSON.stringify({ includeIndicatorStyles: false });
document.head.append(settings);
