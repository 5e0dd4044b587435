// <ovunque-promise channel="web-it" sku="…" country="IT" postal-code="20121" lang="it">…</ovunque-promise>
// Shows when an item could be there. What stands inside is shown until we know better, and if we
// never do: a careful sentence of the shop's own. It knows no rule and words nothing.

const MINUTE_MS = 60_000;
const PATIENCE_MS = 2_000;
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  :host { display: block; font: inherit; color: inherit; }
  ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .5em; }
  li { display: flex; flex-wrap: wrap; gap: 0 .75em; }
  b { font-weight: 600; }
  small { flex-basis: 100%; opacity: .8; font-size: .875em; }
`);

const left = (until) => {
  const minutes = Math.floor((Date.parse(until) - Date.now()) / MINUTE_MS);
  if (minutes < 1 || minutes >= 24 * 60) return "";
  const hours = Math.floor(minutes / 60);
  return `${hours ? `${hours} h ` : ""}${minutes % 60} min`;
};

const make = (name, text) => Object.assign(document.createElement(name), { textContent: text });

class OvunquePromise extends HTMLElement {
  static observedAttributes = ["channel", "sku", "country", "postal-code", "lang"];
  #options = [];
  #timer = 0;

  connectedCallback() {
    if (!this.shadowRoot) {
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      root.append(document.createElement("slot"));
    }
    this.#timer = setInterval(() => this.#show(), MINUTE_MS / 2);
    this.#load();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  attributeChangedCallback(_, before, after) {
    if (this.isConnected && this.shadowRoot && before !== after) this.#load();
  }

  async #load() {
    const home = this.getAttribute("src") ?? new URL(import.meta.url).origin;
    const asked = new URL("/embed/promise", home);
    for (const name of OvunquePromise.observedAttributes) {
      const value = this.getAttribute(name);
      if (value) asked.searchParams.set(name.replace("-", "_"), value);
    }
    try {
      const answer = await fetch(asked, { signal: AbortSignal.timeout(PATIENCE_MS) });
      this.#options = answer.ok ? (await answer.json()).options : [];
    } catch {
      this.#options = [];
    }
    this.#show();
    this.dispatchEvent(new CustomEvent("promise", { detail: this.#options }));
  }

  #show() {
    if (!this.#options.length) {
      this.shadowRoot.replaceChildren(document.createElement("slot"));
      return;
    }
    const list = document.createElement("ul");
    list.part = "list";
    for (const option of this.#options) {
      const row = document.createElement("li");
      row.part = `option ${option.service}${option.guess ? " guess" : ""}`;
      row.append(make("b", option.text), make("span", option.price));
      const time = option.guess ? "" : left(option.order_by);
      if (time) row.append(make("small", option.within.replace("{time}", time)));
      list.append(row);
    }
    this.shadowRoot.replaceChildren(list);
  }
}

customElements.define("ovunque-promise", OvunquePromise);
