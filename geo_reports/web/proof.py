"""What the report form carries while reports flood in: a challenge for its script, a ticket for who has none."""

from dataclasses import dataclass

from geo_reports.intake import Proof
from geo_reports.web.report_form import ReportForm
from geo_reports.web.visit import Visit


@dataclass(frozen=True)
class Asked:
    """Values of the form's hidden parts: ``challenge`` is JSON, empty where ``solution`` is still good.

    ``told`` shows what happens to whoever sent the form without a proof; ``resend`` sends it for them once solved.
    """

    challenge: str
    solution: str
    ticket: str
    told: bool
    resend: bool


def proof_of(form: ReportForm) -> Proof:
    """Proof that came with a form."""
    return Proof(form.proof, form.ticket, form.key)


def asked(here: Visit, form: ReportForm, refused: bool) -> Asked | None:
    """What a form must carry now, None where nobody is asked for a proof."""
    flood = here.house.flood
    if here.actor is not None or not flood.needed:
        return None
    solved = flood.accepts(Proof(form.proof))
    return Asked(
        challenge="" if solved else flood.challenge().model_dump_json(),
        solution=form.proof if solved else "",
        ticket=flood.ticket(form.key, form.ticket),
        told=refused,
        resend=refused and not form.proof,  # once: a second refusal has another reason
    )
