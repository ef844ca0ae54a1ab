"""The stage of the guides' pictures: the reference city with synthetic reports, a clock of its own, and a camera."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from scenes import photo  # noqa: E402

from geo_reports.accounts import Actor  # noqa: E402 the checkout, not an installed package
from geo_reports.app import build, create_app  # noqa: E402
from geo_reports.intake import Accepted  # noqa: E402
from geo_reports.report import Audience, Channel, NewReport, Status  # noqa: E402
from geo_reports.settings import Settings  # noqa: E402
from tests.browser import executable, guard, launch, serve  # noqa: E402 the checkout's own
from tests.post.mailbox import Mailbox, open_mailbox  # noqa: E402

PHONE, SMALL, DESK = (390, 844), (320, 640), (1280, 800)
START = datetime(2026, 11, 9, 15, 20, tzinfo=UTC)
PLACE = (-70.7570, -33.5100)
"""Where the walk's dump lies: longitude, latitude, WGS 84."""
SCALE, COLOURS = 1.5, (24, 128)
"""Pixels of a phone's picture for each of the page; colours of a phone's and of a desk's palette."""
PUBLIC_URL = "https://reportes.municipio.example"
CREW = Actor("cuadrilla-2", Audience.CREW)
MODERATOR = Actor("moderacion", Audience.MODERATOR)


class Stage:
    """A served city, its clock, and a browser that looks at it. ``url`` is its base, without a slash at the end."""

    def __init__(self, folder: Path, mailbox: Mailbox, browser: Browser, images: Path, demo: bool) -> None:
        self.now, self.folder, self.mailbox, self.browser, self.images = START, folder, mailbox, browser, images
        mail = {"smtp_host": "127.0.0.1", "smtp_port": mailbox.port, "smtp_security": "none"}
        where = {"city": ROOT, "db": str(folder / "reports.sqlite"), "key_dir": folder / "keys", "data_dir": folder}
        about = {"mail_from": "reportes@municipio.example", "public_url": PUBLIC_URL, "writes_per_hour": 1000}
        workshop = build(Settings(**where, **mail, **about), lambda: self.now)
        if demo:
            workshop.demo.seed(dumps=420, security=1500)
        self.house, self.url = workshop.house, ""

    def open(
        self, size: tuple[int, int] = PHONE, *, dark: bool = False, language: str = "", role: Audience | None = None
    ) -> Page:
        """Open a page of a new visitor, signed in where a role is given; requests to any other host fail."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            device_scale_factor=SCALE if size[0] < 700 else 1,
            locale="es-CL",
            timezone_id="America/Santiago",
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        guard(context, self.url)
        kept = {"lang": language, "session": self._sign_in(role) if role else ""}
        context.add_cookies([{"name": name, "value": value, "url": self.url} for name, value in kept.items() if value])
        return context.new_page()

    def _sign_in(self, role: Audience) -> str:
        login = f"{role}-{len(self.house.accounts.list()) + 1}"
        return self.house.accounts.sign_in(login, self.house.accounts.add(login, role))

    def shot(self, page: Page, name: str, at: Locator | None = None, *, above_px: int = 12) -> None:
        """Take what the screen shows, with ``at`` near its upper edge, as a small palette picture."""
        if at is not None:
            at.first.evaluate("(one, gap) => scrollTo(0, one.getBoundingClientRect().top + scrollY - gap)", above_px)
        page.wait_for_load_state("load")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        size = page.viewport_size or {"width": 0}
        image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        image = image.quantize(COLOURS[size["width"] > 700], Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        image.save(self.images / f"{name}.png", optimize=True)

    def put(self, *, days_ago: float = 0, pictures: tuple[bytes, ...] = (), **given: object) -> Accepted:
        """Store a report past the form, sent now and seen some days before."""
        seen = (self.now - timedelta(days=days_ago)).date().isoformat()
        body = {"family": "dump", "category": "rubble", "lon": PLACE[0], "lat": PLACE[1], "occurred_at": seen, **given}
        held = [self.house.intake.photos.hold(io.BytesIO(picture)) for picture in pictures]
        return self.house.intake.accept(NewReport.model_validate(body), channel=Channel.WEB, photos=held)

    def put_child(self, **given: object) -> Accepted:
        """Store a report as the children's mode sends it."""
        body = {"family": "dump", "category": "bulky", "lon": PLACE[0], "lat": PLACE[1], **given}
        return self.house.intake.accept(NewReport.model_validate(body), channel=Channel.CHILDREN, status=Status.HELD)

    def move(self, public_id: str, status: Status, note: str | None = None, *, days: float = 1) -> None:
        """Let time pass, then let a crew move a report on."""
        self.now += timedelta(days=days)
        self.house.fieldwork.set_status(public_id, status, reason=None, note=note, actor=CREW)

    def photo_file(self, kind: str = "rubble", seed: int = 1) -> Path:
        """Write a photo drawn at the walk's place to the stage's folder."""
        path = self.folder / f"{kind}-{seed}.jpg"
        path.write_bytes(photo(*PLACE, kind=kind, seed=seed))
        return path


@contextmanager
def stage(folder: Path, images: Path, *, demo: bool = True) -> Iterator[Stage]:
    """Serve the city on a free port, with a mail server and a browser of their own; ``demo``: with reports in it."""
    path = executable()
    if path is None:
        raise SystemExit("There is no Chromium on this machine; .ci/system-packages installs one.")
    with open_mailbox() as mailbox, sync_playwright() as playwright:
        browser = launch(playwright, path)
        made = Stage(folder, mailbox, browser, images, demo)
        with serve(create_app(made.house)) as made.url:
            yield made
        browser.close()


def close(page: Page) -> None:
    """Close a visitor's browser window with all that it kept."""
    context: BrowserContext = page.context
    context.close()
