"""Drafts on the phone: nothing written is lost, and each arrives exactly once."""

import contextlib
import os
import re
import signal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from geo_reports.app import create_app
from geo_reports.privacy import Filters
from geo_reports.report import Audience
from tests.browser import ARGUMENTS, executable, guard, serve
from tests.intake import photo_corpus
from tests.web.wire import Ear, Update, wire_to

PHONE = {"width": 390, "height": 844}
MANY, BY_HAND = 20, 5
MORE = """async (more) => {
    const [like] = await geoDrafts.all();
    const [photo] = await geoDrafts.photosOf(like);
    for (let number = 0; number < more; number += 1) {
        const draft = geoDrafts.fresh();
        const own = { id: draft.id, key: draft.key, made: draft.made, photos: [geoDrafts.random()] };
        const copy = Object.assign({}, photo, { id: own.photos[0], draft: draft.id });
        await geoDrafts.save(Object.assign({}, like, own), [copy]);
    }
}"""
"""Drafts like the first, each with a key and a photo of its own: to write all by hand takes longer than the rest."""
SENT_LIMIT_MS = 60_000


REPLACED = """async (old) => {
    for (let kept = old; kept.length !== 1 || kept[0] === old[0]; kept = await caches.keys()) {
        await new Promise((done) => setTimeout(done, 50));
    }
}"""


def arrived(house):
    """What the store holds, as staff see it."""
    return house.view(Audience.CREW).reports(Filters()).rows


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "foto.jpg"
    path.write_bytes(photo_corpus.jpeg())
    return path


@pytest.fixture
def ear(house):
    return Ear(create_app(house))


@pytest.fixture
def wire(ear):
    with serve(ear) as base_url, wire_to(base_url) as laid:
        yield laid


@pytest.fixture
def phone_at(browser, tmp_path):
    """Open a browser that keeps what pages keep: ``phone_at()``; the same one again after a kill."""
    contexts: list[BrowserContext] = []

    def open_phone() -> BrowserContext:
        context = browser.browser_type.launch_persistent_context(
            tmp_path / "profile", executable_path=executable(), args=list(ARGUMENTS), viewport=PHONE, locale="es-CL"
        )
        contexts.append(context)
        return context

    yield open_phone
    for context in contexts:
        with contextlib.suppress(Exception):  # one that was killed
            context.close()


def kill(context: BrowserContext, folder: Path) -> None:
    """End the browser that runs over ``folder`` at once, without a word to it."""
    mark = f"--user-data-dir={folder}".encode()
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if mark in words and not any(word.startswith(b"--type=") for word in words):
                with context.expect_event("close"):
                    os.kill(int(process.name), signal.SIGKILL)
                return
    raise AssertionError("there is no such browser")


def ready(page: Page, base_url: str) -> None:
    """Open the form and wait until the phone can show it without a network."""
    page.goto(f"{base_url}/reportar")
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")


def write(page: Page, text: str, photo: Path | None = None) -> None:
    page.get_by_label("¿Qué viste?").select_option("rubble")
    page.get_by_label("¿Dónde está?").fill("Los Aromos 100")
    page.get_by_label("Cuéntanos más").fill(text)
    if photo:
        page.locator("#photo").set_input_files(photo)
        expect(page.locator(".photos > li")).to_have_count(1)


def send(page: Page) -> None:
    page.locator("button[name=step][value=check]").click()


def put_off(page: Page, base_url: str, text: str, photo: Path) -> None:
    """Write and send a report where there is no network."""
    page.goto(f"{base_url}/reportar")
    write(page, text, photo)
    send(page)
    expect(page.get_by_role("heading", name="Tu reporte quedó guardado en este teléfono")).to_be_focused()


def drafts(page: Page, state: str):
    return page.locator(f"[data-drafts-list] > [data-is={state}]")


def test_twenty_drafts_survive_a_killed_browser_and_arrive_once(phone_at, wire, house, photo, tmp_path):
    phone = phone_at()
    page = phone.new_page()
    ready(page, wire.base_url)
    wire.cut()
    phone.set_offline(True)
    for number in range(BY_HAND):
        put_off(page, wire.base_url, f"Reporte {number}", photo)
    page.evaluate(MORE, MANY - BY_HAND)
    kill(phone, tmp_path / "profile")

    phone = phone_at()
    phone.set_offline(True)
    page, other = phone.new_page(), phone.new_page()
    for tab in (page, other):
        tab.goto(f"{wire.base_url}/borradores")
        expect(drafts(tab, "waiting")).to_have_count(MANY)
    assert len(arrived(house)) == 0
    wire.mend()
    phone.set_offline(False)
    for tab in (page, other):
        expect(drafts(tab, "sent")).to_have_count(MANY, timeout=SENT_LIMIT_MS)
    codes = page.locator("[data-code-link]").all_inner_texts()
    stories = [house.view(Audience.RESIDENT).by_code(code) for code in codes]
    assert len({story.public_id for story in stories}) == MANY
    assert len(arrived(house)) == MANY
    kept = page.evaluate(
        "geoDrafts.all().then((all) => all.map((draft) => [draft.fields.length, draft.key, draft.photos.length]))"
    )
    assert kept == [[0, None, 0]] * MANY


def test_an_update_of_the_service_and_of_the_schema_keeps_drafts(phone_at, house, photo):
    update = Update(create_app(house), next_version)
    with serve(update) as base_url, wire_to(base_url) as wire:
        phone = phone_at()
        page = phone.new_page()
        ready(page, wire.base_url)
        write(page, "Antes de la versión nueva", photo)
        expect(page.get_by_text("Se guarda en este teléfono")).to_be_visible()
        old = page.evaluate("caches.keys()")
        update.on = True
        page.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.update())")
        page.evaluate(REPLACED, old)
        wire.cut()  # so that what opens now is the new shell, kept on the phone
        page.goto(f"{wire.base_url}/borradores")
        expect(drafts(page, "writing")).to_have_count(1)
        assert page.evaluate("indexedDB.databases().then((all) => all.map((one) => one.version))") == [2]
        page.get_by_role("link", name="Abrir").click()
        expect(page.get_by_label("Cuéntanos más")).to_have_value("Antes de la versión nueva")
        expect(page.locator(".photos canvas")).to_have_count(1)
        wire.mend()
        send(page)
        page.locator("button[name=step][value=send]").click()
        expect(page).to_have_url(re.compile("/seguimiento/.*nuevo=1"))
    assert len(arrived(house)) == 1


def next_version(path: str, text: str) -> str:
    """The service after an update: other names of files and shell, and a schema with one more step."""
    text = re.sub(r"(draft_store\.js\?v=)\w+|(shell-es-)\w+", lambda found: f"{found[1] or found[2]}next", text)
    if not path.endswith("draft_store.js"):
        return text
    step = ', function (db) { db.createObjectStore("later"); }\n  ];\n  const STORES'
    edited = re.sub(r"\n  \];\n  const STORES", step, text, count=1)
    assert edited != text
    return edited


def test_a_draft_is_kept_as_it_is_written_and_opened_again(page_at, served, photo):
    page = page_at(390, 844)
    page.goto(f"{served}/reportar")
    page.get_by_label("Microbasurales").check()
    write(page, "Sin terminar", photo)
    page.get_by_label("Cabe en un auto").check()
    expect(page).to_have_url(re.compile("borrador="))
    expect(page.get_by_text("Se guarda en este teléfono")).to_be_visible()
    page.goto(f"{served}/reportar")  # as if the browser had been closed
    expect(page.locator("[data-draft-notice]")).to_contain_text("sin terminar (recién)")
    page.get_by_role("link", name="Seguir con él").click()
    expect(page.get_by_label("Cuéntanos más")).to_have_value("Sin terminar")
    expect(page.get_by_label("Microbasurales")).to_be_checked()
    expect(page.get_by_label("Cabe en un auto")).to_be_checked()
    expect(page.locator("#category")).to_have_value("rubble")
    expect(page.locator(".photos canvas")).to_have_count(1)


def test_a_lost_answer_makes_no_second_report(page_at, ear, wire, house, photo):
    page = page_at(390, 844)
    ready(page, wire.base_url)
    write(page, "Primera línea\nsegunda línea", photo)
    send(page)
    last = page.locator("button[name=step][value=send]")
    expect(last).to_be_visible()
    ear.after = lambda path: wire.cut() if path == "/reportar" else None  # it is stored, and the answer gets lost
    last.click()
    expect(page.get_by_role("heading", name="Tu reporte quedó guardado en este teléfono")).to_be_visible()
    assert len(arrived(house)) == 1
    ear.after = lambda path: None
    wire.mend()
    page.goto(f"{wire.base_url}/borradores")
    expect(drafts(page, "sent")).to_have_count(1, timeout=15_000)
    assert [path for path, _ in ear.heard][:3] == ["/reportar", "/reportar", "/api/v1/reports"]
    assert len(arrived(house)) == 1


def test_two_taps_send_once(page_at, ear, wire, house):
    page = page_at(320, 640)
    ready(page, wire.base_url)
    write(page, "Una vez")
    send(page)
    last = page.locator("button[name=step][value=send]")
    last.evaluate("(button) => { button.click(); button.click(); }")
    expect(page).to_have_url(re.compile("nuevo=1"))
    assert len([path for path, _ in ear.heard if path == "/reportar"]) == 2  # to look at it, and to send it
    assert len(arrived(house)) == 1


def test_a_refused_draft_is_kept_with_the_reason_and_corrected(page_at, wire, house, photo):
    page = page_at(390, 844)
    ready(page, wire.base_url)
    write(page, "Con otra calle", photo)
    page.get_by_label("¿Dónde está?").fill("Calle que no existe 1")
    wire.cut()
    send(page)
    expect(page.get_by_role("heading", name="Tu reporte quedó guardado en este teléfono")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Ver lo guardado").click()
    wire.mend()
    page.get_by_role("button", name="Enviar ahora").click()
    refused = drafts(page, "refused")
    expect(refused).to_contain_text("No conocemos ese lugar", timeout=15_000)
    assert len(arrived(house)) == 0
    refused.get_by_role("link", name="Abrir").click()
    expect(page.get_by_label("Cuéntanos más")).to_have_value("Con otra calle")
    page.get_by_label("¿Dónde está?").fill("Los Aromos 100")
    send(page)
    page.locator("button[name=step][value=send]").click()
    expect(page).to_have_url(re.compile("nuevo=1"))
    page.goto(f"{wire.base_url}/borradores")
    expect(drafts(page, "sent")).to_have_count(1)
    assert len(arrived(house)) == 1


def test_who_is_told_to_wait_waits_with_everything(house_at, page_at):
    with serve(create_app(house_at(writes_per_hour=1))) as base_url:
        page = page_at(390, 844)
        ready(page, base_url)
        page.evaluate(
            """async (waiting) => {
                for (const text of ["uno", "dos", "tres"]) {
                    const draft = Object.assign(geoDrafts.fresh(), waiting);
                    draft.fields = [["category", "rubble"], ["address", "Los Aromos 100"], ["description", text]];
                    await geoDrafts.save(draft, []);
                }
                await geoSending.run(true);
            }""",
            {"state": "waiting", "family": "dump", "label": "Escombros"},
        )
        waits = page.evaluate(
            "geoDrafts.all().then((all) => all.filter((d) => d.state === 'waiting').map((d) => d.next - Date.now()))"
        )
        assert len(waits) == 2
        assert all(3_000_000 < wait <= 3_600_000 for wait in waits)  # Retry-After: the hour in which one may be sent
        page.goto(f"{base_url}/borradores")
        expect(drafts(page, "waiting").first).to_contain_text("El servicio pidió esperar")
        expect(drafts(page, "sent")).to_have_count(1)


@pytest.mark.parametrize(("width", "height"), [(320, 640), (1280, 800)])
def test_the_page_of_drafts_tells_deletes_and_wipes(page_at, served, width, height):
    page = page_at(width, height)
    foreign = guard(page.context, served)
    page.goto(f"{served}/borradores")
    expect(page.get_by_text("No hay nada guardado aquí")).to_be_visible()
    given = {
        "label": "Escombros",
        "where": "Los Aromos 100",
        "reason": "outside_city",
        "code": "AAAA",
        "why": "service",
    }
    page.evaluate(
        """async (given) => {
            for (const [state, days] of [["writing", 0], ["waiting", 8], ["refused", 1], ["sent", 2]]) {
                const at = Date.now() - days * 86400000;
                const times = { state: state, made: at, changed: at, next: Date.now() + 1e7 };
                await geoDrafts.save(Object.assign(geoDrafts.fresh(), given, times), []);
            }
        }""",
        given,
    )
    rows = page.locator("[data-drafts-list] > li")
    expect(rows).to_have_count(4)
    expect(drafts(page, "waiting")).to_contain_text("Lleva más de 7 días aquí")
    expect(drafts(page, "waiting")).to_contain_text("hace 8 días")
    expect(drafts(page, "refused")).to_contain_text("queda fuera de Villa Chica")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    delete = drafts(page, "writing").get_by_role("button", name="Borrar")
    delete.click()
    expect(rows).to_have_count(4)  # it asks first
    drafts(page, "writing").get_by_role("button", name="¿Borrar para siempre?").click()
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Borrar todo lo guardado aquí").click()
    page.get_by_role("button", name="¿Borrar todo para siempre?").click()
    expect(page.get_by_text("Ya no queda nada guardado")).to_be_visible()
    expect(rows).to_have_count(0)
    assert foreign == []


def test_a_change_of_language_keeps_what_was_written_with_its_photos(page_at, served, photo):
    page = page_at(390, 844)
    page.goto(f"{served}/reportar")
    write(page, "Escombros en la vereda", photo)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Report", exact=True)).to_be_visible()
    expect(page.get_by_label("Tell us more")).to_have_value("Escombros en la vereda")
    expect(page.locator(".photos canvas")).to_have_count(1)
