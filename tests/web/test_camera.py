"""The camera as a second scanner, where the browser reads codes by itself."""

from playwright.sync_api import expect
from tests.web.chromium import Look
from tests.web.conftest import NewPage
from tests.web.living import Living

SKU = "SC-LAN-GRY"
# A camera and a reader, as a phone has them and this machine does not.
EYES = f"""
window.BarcodeDetector = class {{
  async detect(video) {{ return video.videoWidth ? [{{rawValue: "{SKU}"}}] : []; }}
}};
navigator.mediaDevices.getUserMedia = async () => {{
  const canvas = document.createElement("canvas");
  canvas.getContext("2d").fillRect(0, 0, 9, 9);
  setInterval(() => canvas.getContext("2d").fillRect(0, 0, 9, 9), 50);
  return canvas.captureStream(20);
}};
"""
# There is news, and the page has shown it.
NEWS = """
() => new Promise((done) => {
  document.addEventListener("htmx:after:swap", () => setTimeout(done), { once: true });
  document.getElementById("live").dispatchEvent(new Event("news"));
})
"""


def test_a_piece_is_picked_by_the_camera(alive: Living, new_page: NewPage) -> None:
    order = alive.order([(SKU, 2)])
    alive.wait_for(order, "offered")
    page = new_page("marta", Look(size="phone"))
    page.goto("/tasks?band=accept")
    page.get_by_role("button", name=f"Accetta {order['number']}").tap()
    expect(page.get_by_text("0 di 2 prelevati")).to_be_visible()
    assert (
        page.evaluate("'BarcodeDetector' in window")
        or not page.locator("[data-camera]").is_visible()
    )
    page.add_init_script(EYES)
    page.reload()
    field = page.get_by_role("textbox", name="Scansiona un articolo")
    field.fill("half a co")
    page.evaluate(NEWS)
    expect(field).to_have_value("half a co")  # News takes nothing from whoever is typing.
    page.get_by_role("button", name="Fotocamera").tap()
    expect(page.get_by_text("1 di 2 prelevati")).to_be_visible()
    expect(page.locator("#camera")).not_to_be_visible()
    expect(page.get_by_role("button", name="Fotocamera")).to_be_visible()
