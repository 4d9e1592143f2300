// Inside the frame: draws what the page sends and answers with the image's text. It has no origin and no network.
let drawn = 0;

addEventListener("message", async (message) => {
  if (message.source !== parent) return;
  const { id, source, colours } = message.data;
  const answer = { id };
  try {
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      theme: "base",
      themeVariables: colours,
      fontFamily: "sans-serif",
      htmlLabels: false,
      flowchart: { htmlLabels: false },
      suppressErrorRendering: true,
    });
    const { svg } = await mermaid.render(`diagram-${++drawn}`, source);
    answer.svg = asImage(svg);
  } catch {
    answer.failed = true;
  }
  parent.postMessage(answer, "*"); // it has no secret: only a drawing of what was sent
});

// Well-formed and with a size of its own, as an <img> needs it.
function asImage(svg) {
  const holder = document.createElement("div");
  holder.innerHTML = svg;
  const image = holder.querySelector("svg");
  const [, , width, height] = image
    .getAttribute("viewBox")
    .split(/[\s,]+/)
    .map(Number);
  image.setAttribute("width", Math.ceil(width));
  image.setAttribute("height", Math.ceil(height));
  return new XMLSerializer().serializeToString(image);
}

parent.postMessage({ ready: typeof mermaid === "object" }, "*");
