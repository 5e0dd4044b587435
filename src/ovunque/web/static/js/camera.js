// The camera as a second scanner, where a browser can read codes by itself; else nothing is shown.

const FORMATS = ["ean_13", "ean_8", "code_128", "qr_code", "data_matrix"];
const LOOK_MS = 150;

let stream = null;

const stop = () => {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
};

const give = (form, code) => {
  form.querySelector("input:not([type=hidden])").value = code;
  form.requestSubmit();
};

const look = async (dialog, form, detector) => {
  const video = dialog.querySelector("video");
  while (stream && dialog.open) {
    const [found] = await detector.detect(video).catch(() => []);
    if (found) {
      dialog.close();
      give(form, found.rawValue);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
};

const open = async (dialog, form) => {
  dialog.showModal();
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    dialog.querySelector("[data-no-camera]").hidden = false;
    return;
  }
  const video = dialog.querySelector("video");
  video.srcObject = stream;
  await video.play();
  look(dialog, form, new window.BarcodeDetector({ formats: FORMATS }));
};

const dialog = document.getElementById("camera");
if (dialog && "BarcodeDetector" in window && navigator.mediaDevices) {
  dialog.addEventListener("close", stop);
  const show = () => {
    for (const button of document.querySelectorAll("[data-camera]")) button.hidden = false;
  };
  show();
  document.addEventListener("htmx:after:swap", show);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-camera]");
    if (button) open(dialog, button.closest("form"));
  });
}
