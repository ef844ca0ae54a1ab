"""Judge one photo: cover places of it, look at the result, publish it or withhold it."""

import base64
from itertools import zip_longest
from typing import Annotated

from fastapi import APIRouter, Form, Response

from geo_reports.errors import InputError, NotFound
from geo_reports.fieldwork import MAY_PUBLISH
from geo_reports.intake.derivative import Rectangle, derive
from geo_reports.web.case import SentForm, Shown, Text, decide, show
from geo_reports.web.visit import Here

router = APIRouter()

Sides = Annotated[list[str], Form()]
Percent = tuple[str, str, str, str]


@router.post("/personal/reportes/{public_id}/foto/{n}")
def judge(
    here: Here,
    sent: SentForm,
    n: int,
    accion: Text = "",
    reason: Text = "",
    x: Sides = [],  # noqa: B006 FastAPI copies it
    y: Sides = [],  # noqa: B006
    w: Sides = [],  # noqa: B006
    h: Sides = [],  # noqa: B006
) -> Response:
    """Publish a photo with what was marked covered, show how that looks, or show the photo to nobody."""
    actor = here.check_form(sent.csrf, *MAY_PUBLISH)
    desk, marked = here.house.photo_desk, _marked(x, y, w, h)
    if not any(one.n == n for one in desk.list(sent.public_id)):
        raise NotFound("There is no such photo.")
    if accion == "retirar":
        return decide(here, sent, lambda: desk.withhold(sent.public_id, n, actor, reason), stay=_left(here, sent, n))
    try:
        rectangles = [_rectangle(one) for one in marked]
        if accion == "publicar":
            desk.publish(sent.public_id, n, rectangles, actor)
            return decide(here, sent, lambda: None, stay=_left(here, sent, n))
        if accion != "ver":
            raise InputError("Choose what to do with the photo.", field="photo")
        made = derive(desk.read(sent.public_id, n, actor), rectangles)
    except InputError as error:
        wrong = InputError(str(error), field=f"photo-{n}")
        shown = Shown(error=wrong, preview={n: {"marked": marked, "image": ""}})
        return show(here, sent.public_id, sent.opened_for, sent.trail, shown)
    image = base64.b64encode(made).decode()
    shown = Shown(preview={n: {"marked": marked, "image": image}})
    return show(here, sent.public_id, sent.opened_for, sent.trail, shown)


def _left(here: Here, sent: SentForm, but: int) -> bool:
    """Tell whether another photo of the report waits: it is judged before the next report comes."""
    return any(one.state == "held" and one.n != but for one in here.house.photo_desk.list(sent.public_id))


def _marked(x: list[str], y: list[str], w: list[str], h: list[str]) -> list[Percent]:
    """Rows of the form in which something was written."""
    # sides that do not come in fours: what was meant is not known, and a place left open is worse than a refusal
    rows = list(zip_longest(x, y, w, h, fillvalue="?"))
    return [(a, b, c, d) for a, b, c, d in rows if any(side.strip() for side in (a, b, c, d))]


def _rectangle(row: Percent) -> Rectangle:
    try:
        left, top, width, height = (float(side.strip().replace(",", ".")) / 100 for side in row)
    except ValueError:
        raise InputError("A marked place needs four numbers.", field="rectangles") from None
    return left, top, width, height
