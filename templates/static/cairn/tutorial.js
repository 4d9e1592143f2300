// What a written tutorial gets in a browser: a button to copy code, its diagrams as images, and contents that are open where there is room.
const contents = document.getElementById("contents");
if (contents && matchMedia("(min-width: 75rem)").matches) contents.open = true;
for (const written of document.querySelectorAll(".written")) {
  for (const code of written.querySelectorAll("pre:not(.mermaid)"))
    addCopyButton(code, written.dataset);
  for (const wide of written.querySelectorAll("pre, .table"))
    if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
  if (written.dataset.frame) drawDiagrams(written);
}

function addCopyButton(code, texts) {
  if (!navigator.clipboard) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = texts.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = texts.copied;
    setTimeout(() => {
      button.textContent = texts.copy;
    }, 2000);
  });
  const holder = document.createElement("div");
  holder.className = "copyable";
  code.replaceWith(holder);
  holder.append(code, button);
}

function drawDiagrams(written) {
  const PATIENCE = 60000; // milliseconds, then the source stays what is shown
  const sources = [...written.querySelectorAll("pre.mermaid")];
  const images = new Map();
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.className = "drawing-room";
  frame.title = written.dataset.frameTitle;
  frame.tabIndex = -1;
  frame.src = written.dataset.frame;

  const ask = () =>
    sources.forEach((source, id) =>
      frame.contentWindow.postMessage({ id, source: source.textContent, colours: colours() }, "*"),
    );

  addEventListener("message", ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    if (data.ready) ask();
    else if (data.svg && sources[data.id]) window.afterPress(() => show(data.id, data.svg)); // it moves what is below
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ask);
  document.body.append(frame);
  setTimeout(() => {
    if (!images.size) frame.remove();
  }, PATIENCE);

  function show(id, svg) {
    const image = images.get(id) ?? place(id);
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  }

  function place(id) {
    const figure = document.createElement("figure");
    const image = document.createElement("img");
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    image.alt = `${written.dataset.diagram} ${id + 1}`;
    summary.textContent = written.dataset.source;
    figure.className = "diagram";
    sources[id].replaceWith(figure);
    details.append(summary, sources[id]);
    figure.append(image, details);
    images.set(id, image);
    return image;
  }
}

// The page's own, light or dark.
function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    darkMode: matchMedia("(prefers-color-scheme: dark)").matches,
    background: of("surface"),
    primaryColor: of("tint"),
    primaryTextColor: of("ink"),
    primaryBorderColor: of("accent"),
    secondaryColor: of("sunken"),
    tertiaryColor: of("surface"),
    lineColor: of("soft"),
    textColor: of("ink"),
    mainBkg: of("tint"),
    nodeBorder: of("accent"),
    clusterBkg: of("sunken"),
    clusterBorder: of("line"),
    edgeLabelBackground: of("surface"),
  };
}
