"""A link as a QR code, drawn here: no other service learns the link."""

import io

import segno

QUIET_MODULES = 4
"""White modules around the code, as ISO/IEC 18004 asks."""


def qr_svg(link: str) -> str:
    """QR code of a link as one ``svg`` element to put into a page: black on white, as big as its place.

    Error correction M: a printed code with a seventh of it dirty or torn can still be read.
    """
    code = segno.make(link, error="m", micro=False)
    drawn = io.BytesIO()
    code.save(
        drawn,
        kind="svg",
        border=QUIET_MODULES,
        dark="#000",
        light="#fff",
        xmldecl=False,
        svgns=True,
        omitsize=True,
        svgclass="qr",
        lineclass=None,
        nl=False,
    )
    return drawn.getvalue().decode()
