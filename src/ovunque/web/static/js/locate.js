// Where the visitor is, once they say so: the form is sent with it instead of a post code.

const WAIT_MS = 10_000;
const round = (degrees) => degrees.toFixed(3); // Some hundred meters are near enough.

const send = (form, { latitude, longitude }) => {
  form.elements.postal_code.value = "";
  form.elements.near.value = `${round(latitude)},${round(longitude)}`;
  form.requestSubmit();
};

const refuse = (button) => {
  button.disabled = false;
  button.closest("form").querySelector("[data-no-place]").hidden = false;
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-locate]");
  if (!button) return;
  button.disabled = true;
  navigator.geolocation.getCurrentPosition(
    (position) => send(button.form, position.coords),
    () => refuse(button),
    { timeout: WAIT_MS, maximumAge: 60_000 },
  );
});

const offer = () => {
  if (!navigator.geolocation) return;
  for (const button of document.querySelectorAll("[data-locate]")) button.hidden = false;
};

offer();
document.addEventListener("htmx:after:swap", offer);
