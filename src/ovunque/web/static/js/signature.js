// A signature drawn with finger, pen or mouse: kept as the path of an SVG, in whole points.

const LENGTH_MAX = 20_000;

let drawing = null;

const at = (pad, event) => {
  const box = pad.getBoundingClientRect();
  const x = Math.round((event.clientX - box.left) * 300 / box.width);
  const y = Math.round((event.clientY - box.top) * 100 / box.height);
  return `${Math.min(300, Math.max(0, x))} ${Math.min(100, Math.max(0, y))}`;
};

const draw = (pad, more) => {
  const path = pad.querySelector("path");
  const line = (path.getAttribute("d") ?? "") + more;
  if (line.length > LENGTH_MAX) return;
  path.setAttribute("d", line);
  document.getElementById(pad.dataset.sign).value = line;
};

document.addEventListener("pointerdown", (event) => {
  const pad = event.target.closest("[data-sign]");
  if (!pad) return;
  event.preventDefault();
  pad.setPointerCapture(event.pointerId);
  drawing = pad;
  draw(pad, `M${at(pad, event)}`);
});
document.addEventListener("pointermove", (event) => drawing && draw(drawing, `L${at(drawing, event)}`));
document.addEventListener("pointerup", () => { drawing = null; });
document.addEventListener("click", (event) => {
  const clear = event.target.closest("[data-unsign]");
  if (!clear) return;
  const pad = document.querySelector(`[data-sign="${clear.dataset.unsign}"]`);
  pad.querySelector("path").setAttribute("d", "");
  document.getElementById(clear.dataset.unsign).value = "";
});
