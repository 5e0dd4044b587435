// What is there is ticked by scanning it: parcels that go with a carrier, pieces that were found or
// bought. What is not ticked stays here.

const bare = (code) => code.trim().replace(/^\(00\)|^\]\w\d/, "").replace(/^0+(?=\d{8})/, "");
const boxes = () => [...document.querySelectorAll("input[data-codes]")];

const count = (form) => {
  const notice = document.getElementById(form.dataset.tick);
  const left = boxes().filter((each) => !each.checked).length;
  notice.textContent = notice.dataset.say.replace("#", left);
  notice.dataset.tone = left ? "warning" : "success";
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset?.tick) return;
  event.preventDefault();
  const code = bare(form.elements.code.value);
  const meant = boxes().filter((each) => each.dataset.codes.split(" ").map(bare).includes(code));
  const box = meant.find((each) => !each.checked) ?? meant.find((each) => !("once" in each.dataset));
  if (box) box.checked = true;
  else document.dispatchEvent(new CustomEvent("unwanted", { detail: code }));
  form.elements.code.value = "";
  count(form);
}, true);

document.addEventListener("change", (event) => {
  const form = document.querySelector("form[data-tick]");
  if (form && event.target.dataset.codes !== undefined) count(form);
});
