// Parcels that go with a carrier are ticked by scanning them; what is not ticked stays here.

const bare = (code) => code.trim().replace(/^\(00\)|^\]\w\d/, "");

const count = (form) => {
  const notice = document.getElementById(form.dataset.tick);
  const left = document.querySelectorAll('input[name="parcel"]:not(:checked)').length;
  notice.textContent = notice.dataset.say.replace("#", left);
  notice.dataset.tone = left ? "warning" : "success";
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset?.tick) return;
  event.preventDefault();
  const code = bare(form.elements.code.value);
  const box = [...document.querySelectorAll('input[name="parcel"]')]
    .find((each) => each.dataset.codes.split(" ").includes(code));
  if (box) box.checked = true;
  else document.dispatchEvent(new CustomEvent("unwanted", { detail: code }));
  form.elements.code.value = "";
  count(form);
}, true);

document.addEventListener("change", (event) => {
  const form = document.querySelector("form[data-tick]");
  if (form && event.target.name === "parcel") count(form);
});
