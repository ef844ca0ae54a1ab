"""Walks through the service as residents and moderators do, and takes the guides' pictures into ``img/``.

``python docs/guides/walk.py [WALK ...]`` serves the reference city with synthetic reports, drawn photos and a clock of
its own on a free port, from a folder that is gone afterwards; nothing leaves this machine. Without a name every walk is
taken. Look at every picture before you keep it.
"""

import argparse
import re
import tempfile
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, expect
from scenes import photo
from stage import DESK, MODERATOR, PLACE, SMALL, Audience, Stage, Status, close, stage

IMAGES = Path(__file__).resolve().parent / "img"
TOLD = "Botan escombros todas las noches."
TOO_MUCH = f"{TOLD} Los trae Juan, fono +56 9 8765 4321, vive en Los Pinos 245."


def fill_form(page: Page, shown: Stage) -> None:
    """Answer the report form like somebody in front of the heap, with a text that says too much."""
    page.locator("#photo").set_input_files(shown.photo_file())
    page.locator("[data-photo-place]").get_by_role("button", name="Sí").click()
    page.get_by_label("Microbasurales").check()
    page.get_by_label("¿Qué viste?").select_option(label="Escombros")
    page.locator("input[name=size][value=truck]").check()
    page.get_by_label("Cuéntanos más").fill(TOO_MUCH)


def form(shown: Stage) -> None:
    """The report form, part by part."""
    page = shown.open()
    page.goto(shown.url)
    shown.shot(page, "inicio")
    page.get_by_role("main").get_by_role("link", name="Reportar", exact=True).click()
    shown.shot(page, "formulario")
    page.locator("#photo").set_input_files(shown.photo_file())
    expect(page.locator("[data-photo-place]")).to_be_visible()
    shown.shot(page, "foto-y-lugar", page.locator("label[for=photo]"))
    page.get_by_label("Microbasurales").check()
    page.get_by_label("¿Qué viste?").select_option(label="Escombros")
    shown.shot(page, "que-y-cuanto", page.locator("label[for=category]"))
    page.get_by_label("¿Dónde está?").press_sequentially("plaza mai")
    expect(page.locator("#address-list [role=option]").first).to_be_visible()
    shown.shot(page, "direccion", page.locator("label[for=address]"))
    page.get_by_label("¿Dónde está?").fill("")
    page.get_by_role("button", name="Elegir en el mapa").click()
    expect(page.locator(".chooser .leaflet-container")).to_be_visible()
    page.wait_for_timeout(600)  # the map draws the neighborhoods in steps
    shown.shot(page, "mapa", page.get_by_role("button", name="Cerrar el mapa"))
    page.get_by_role("button", name="Cerrar el mapa").click()
    page.get_by_text("Agregar cuándo fue").click()
    shown.shot(page, "detalles", page.locator("details h2").first)  # below the day, which the browser words itself
    close(page)


def send(shown: Stage) -> None:
    """From the open reports nearby to the receipt; somebody else adds a voice to the one that was there."""
    known = shown.put(days_ago=6, size="car", lon=PLACE[0] + 0.0002, pictures=(photo(kind="bags", seed=4),))
    shown.house.photo_desk.publish(known.public_id, 0, (), actor=MODERATOR)
    for joins in (True, False):
        page = shown.open()
        page.goto(f"{shown.url}/reportar")
        fill_form(page, shown)
        page.get_by_role("button", name="Revisar y enviar").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("reportado")
        if joins:
            shown.shot(page, "ya-fue-reportado", page.get_by_role("heading", level=1))
            page.get_by_role("button", name="Me sumo").click()
            expect(page.get_by_text("tu voz")).to_be_visible()
            shown.shot(page, "me-sumo", page.get_by_role("heading", level=1))
            close(page)
    page.get_by_role("button", name="Ninguno").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Revisa")
    shown.shot(page, "revisar", page.get_by_role("heading", level=1))
    shown.shot(page, "asi-se-vera", page.locator("#hints"))
    page.get_by_role("button", name="Corregir").click()
    page.get_by_label("Cuéntanos más").fill(TOLD)
    page.get_by_role("button", name="Revisar y enviar").click()
    page.get_by_role("button", name="Enviar reporte").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Gracias")
    shown.shot(page, "codigo", page.get_by_role("heading", level=1))
    close(page)


def security(shown: Stage) -> None:
    """What becomes public of a security report: one more in a count."""
    page = shown.open()
    page.goto(f"{shown.url}/reportar")
    page.get_by_label("Seguridad", exact=True).check()
    page.get_by_label("¿Qué viste?").select_option(label="Lugar inseguro")
    page.get_by_label("¿Dónde está?").fill("Avenida Pajaritos con Avenida 5 de Abril")
    page.get_by_role("button", name="Revisar y enviar").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Revisa")
    shown.shot(page, "seguridad", page.locator("#public"))
    close(page)


def _fold(page: Page, name: str) -> None:
    page.locator("summary", has_text=name).click()


def follow(shown: Stage) -> None:
    """A report's page from its second day to the day it is erased."""
    given = {"description": TOLD, "size": "truck", "answers": {"hazard": ["glass"], "blocks": "pavement"}}
    report = shown.put(**given, pictures=(photo(kind="rubble", seed=1),))
    shown.move(report.public_id, Status.ACKNOWLEDGED, days=1)
    shown.move(report.public_id, Status.IN_PROGRESS, "La cuadrilla pasa el jueves por la mañana.", days=1.1)
    page = shown.open()
    page.goto(f"{shown.url}/seguimiento")
    shown.shot(page, "seguimiento")
    page.get_by_label("Código de seguimiento").fill(report.code)
    page.get_by_role("button", name="Ver qué ha pasado").click()
    shown.shot(page, "historia", page.get_by_role("heading", level=1))
    shown.shot(page, "que-puedes-hacer", page.get_by_role("heading", name="Qué puedes hacer"))
    _fold(page, "Escribirle a la municipalidad")
    page.get_by_label("Comentario").fill("Mi fono es +56 9 8765 4321, hay vidrios")
    page.get_by_role("button", name="Enviar el comentario").click()
    shown.shot(page, "comentario", page.locator("#comment"))
    page.get_by_label("Comentario").fill("También hay vidrios.")
    page.get_by_role("button", name="Enviar el comentario").click()
    _fold(page, "Corregir lo que nos contaste")
    shown.shot(page, "corregir", page.locator("#correct"))
    _fold(page, "Corregir lo que nos contaste")
    _fold(page, "Retirar el reporte")
    shown.shot(page, "retirar", page.locator("#retract"))
    shown.move(report.public_id, Status.CLEANED, "Retiramos 4 m³ de escombros.", days=2)
    page.goto(f"{shown.url}/seguimiento/{report.code}")
    shown.shot(page, "quedo-limpio", page.get_by_role("heading", level=1))
    page.get_by_role("link", name="No, no").click()
    expect(page.get_by_label("¿Qué sigue ahí?")).to_be_visible()
    shown.shot(page, "reabrir", page.locator("#reopen"))
    page.get_by_role("button", name="Sí, quedó limpio").click()
    expect(page.get_by_role("heading", name="Confirmado limpio")).to_be_visible()
    shown.shot(page, "confirmado", page.get_by_role("heading", level=1))
    _fold(page, "Pedir o borrar todo")
    page.get_by_role("button", name="Borrar todo…").click()
    shown.shot(page, "borrar")
    page.get_by_label("Escribe otra vez el código del reporte").fill(report.code)
    page.get_by_role("button", name="Borrar todo", exact=True).click()
    expect(page.get_by_role("heading", name="Se borró todo")).to_be_visible()
    shown.shot(page, "borrado")
    close(page)


def drafts(shown: Stage) -> None:
    """A report sent without a network, and the page of what the phone keeps."""
    page = shown.open()
    page.context.unroute_all()  # the phone's own worker must see the network go
    page.goto(f"{shown.url}/reportar")
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    fill_form(page, shown)
    page.context.set_offline(True)
    page.get_by_role("button", name="Revisar y enviar").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("guardado")
    shown.shot(page, "sin-conexion", page.get_by_role("heading", level=1))
    page.goto(f"{shown.url}/borradores")
    expect(page.locator("[data-drafts-list] > li")).to_have_count(1)
    shown.shot(page, "borradores", page.get_by_role("heading", level=1))
    close(page)


def children(shown: Stage) -> None:
    """The mode of girls, boys and adolescents."""
    page = shown.open()
    page.goto(f"{shown.url}/ninas-ninos")
    shown.shot(page, "ninas-ninos")
    page.get_by_role("button", name="Escombros").click()
    page.locator("fieldset summary").first.click()
    page.locator("fieldset details[open] input[type=radio]").first.check()
    shown.shot(page, "ninas-ninos-donde", page.get_by_role("heading", level=1))
    page.get_by_role("button", name="Seguir").click()
    page.locator("input[name=size]").first.check()
    shown.shot(page, "ninas-ninos-como", page.get_by_role("heading", level=1))
    page.get_by_role("button", name="Enviar").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Gracias")
    shown.shot(page, "ninas-ninos-codigo")
    page.goto(f"{shown.url}/ninas-ninos/ayuda")
    shown.shot(page, "ninas-ninos-ayuda")
    close(page)


def looks(shown: Stage) -> None:
    """Plain words, dark colours, a narrow phone."""
    page = shown.open(language="es_facil")
    page.goto(f"{shown.url}/reportar")
    shown.shot(page, "lectura-facil")
    close(page)
    page = shown.open(dark=True)
    page.goto(f"{shown.url}/reportar")
    page.get_by_label("Microbasurales").check()
    shown.shot(page, "oscuro", page.get_by_role("heading", level=1))
    close(page)
    page = shown.open(SMALL)
    page.goto(f"{shown.url}/reportar")
    shown.shot(page, "320")
    page.goto(f"{shown.url}/privacidad")
    shown.shot(page, "colores", page.locator("footer"), above_px=300)
    close(page)


def areas(shown: Stage) -> None:
    """A neighborhood's page, its news by mail, and its map on another page."""
    page = shown.open(DESK)
    page.goto(f"{shown.url}/barrios")
    shown.shot(page, "barrios")
    close(page)
    page = shown.open()
    page.goto(f"{shown.url}/barrios/{shown.house.city.primary.current.units.unit.iloc[3]}")
    shown.shot(page, "barrio", page.get_by_role("heading", level=1))
    page.get_by_label("Tu dirección de correo").fill("vecina@correo.example")
    shown.shot(page, "suscribir", page.locator("#seguir"))
    page.get_by_role("button", name="Inscribirme").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Revisa tu correo")
    shown.house.post.send_due()
    letter = shown.mailbox.letters[-1].get_content()
    page.goto(shown.url + re.findall(r"/suscripcion/[0-9a-f]{40}", letter)[0])
    page.get_by_role("button", name="Sí, quiero las novedades").click()
    shown.shot(page, "suscrito")
    close(page)
    page = shown.open(DESK)
    page.goto(f"{shown.url}/barrios/{shown.house.city.primary.current.units.unit.iloc[3]}")
    page.get_by_text("Poner este mapa en tu página").click()
    shown.shot(page, "incrustar", page.locator("textarea.snippet"), above_px=180)
    close(page)
    page = shown.open()
    page.goto(f"{shown.url}/mapas/residents")
    expect(page.locator(".leaflet-container")).to_be_visible()
    shown.shot(page, "mapa-publico")
    close(page)


def _arrivals(shown: Stage) -> str:
    """What waits for a moderator: public id of the report with a text and a photo to clean up."""
    one = shown.put(description=TOO_MUCH, size="truck", pictures=(photo(seed=1),))
    shown.now += timedelta(hours=3)
    shown.put(days_ago=1, lon=PLACE[0] + 0.0003, size="car", category="household", description="Montón de bolsas.")
    shown.now += timedelta(hours=20)
    follower = shown.put(lon=PLACE[0] - 0.02, category="tyres", description="Neumáticos junto al canal.")
    shown.house.followup.comment(follower.code, "Ahora hay más.", seen=0, sender=None)
    shown.put_child(lon=PLACE[0] + 0.01, size="car", answers={"blocks": "pavement"})
    shown.now += timedelta(hours=2)
    return one.public_id


def _cover_plate(page: Page) -> None:
    layer = page.locator(".places")
    layer.scroll_into_view_if_needed()
    x, y, width, height = layer.evaluate(
        "one => (({ x, y, width, height }) => [x, y, width, height])(one.getBoundingClientRect())"
    )
    page.mouse.move(x + width * 0.79, y + height * 0.64)
    page.mouse.down()
    page.mouse.move(x + width * 0.94, y + height * 0.73, steps=4)
    page.mouse.up()


def moderator(shown: Stage) -> None:
    """The queue, a text with hints, a photo with a place to cover, two reports of one dump, and a child's report."""
    first = _arrivals(shown)
    page = shown.open(DESK, role=Audience.MODERATOR)
    page.goto(f"{shown.url}/personal/moderacion")
    shown.shot(page, "moderacion-cola")
    page.get_by_role("link", name=first).first.click()
    shown.shot(page, "moderacion-texto", page.get_by_text("Enmarcado"), above_px=120)
    _cover_plate(page)
    shown.shot(page, "moderacion-foto", page.locator("#photos-title"))
    page.get_by_role("button", name="Ver cómo queda").click()
    expect(page.get_by_text("Todavía no está publicada")).to_be_visible()
    shown.shot(page, "moderacion-foto-lista", page.locator(".preview"))
    _fold(page, "Ya estaba reportado")
    shown.shot(page, "moderacion-unir", page.locator("summary", has_text="Ya estaba reportado"), above_px=80)
    page.goto(f"{shown.url}/personal/moderacion?tipo=child")
    page.locator(".queue a").first.click()
    shown.shot(page, "moderacion-ninas-ninos", page.get_by_role("heading", level=1))
    close(page)
    page = shown.open(role=Audience.MODERATOR)
    page.goto(f"{shown.url}/personal/moderacion")
    shown.shot(page, "moderacion-telefono", page.get_by_role("heading", level=1))
    close(page)


WALKS = {walk.__name__: walk for walk in (form, send, security, follow, drafts, children, looks, areas, moderator)}


def main() -> None:
    """Take the walks that are asked for, each over a fresh city."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("walks", nargs="*", choices=[[], *WALKS], metavar="WALK", help=", ".join(WALKS))
    parser.add_argument("--to", type=Path, default=IMAGES, help="Folder for the pictures.")
    given = parser.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    for name in given.walks or WALKS:
        with tempfile.TemporaryDirectory() as folder, stage(Path(folder), given.to, demo=name != "moderator") as shown:
            WALKS[name](shown)
        print(f"{name}: done")


if __name__ == "__main__":
    main()
