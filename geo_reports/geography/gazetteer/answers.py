"""From answers to candidates: which are one, which contradict each other, how each is called."""

from dataclasses import dataclass, replace

from geo_reports.geography.gazetteer.candidate import CONFIDENT, DOUBTFUL, PLAUSIBLE, Candidate
from geo_reports.geography.gazetteer.index import Index, Thing
from geo_reports.geography.gazetteer.metres import metres
from geo_reports.geography.gazetteer.names import normal, plain
from geo_reports.geography.gazetteer.reverse import beside

SAME_M = 120.0
"""Answers no farther apart are one place: either will do."""
MARGIN = 0.06
"""Quality by which the best answer must lead another that lies elsewhere."""


@dataclass(frozen=True)
class Answer:
    """One place for one reading of an address.

    ``name`` is the likeness of the names, ``sure`` how well the place is known if the names are right.
    """

    lon: float
    lat: float
    label: str
    how: str
    accuracy_m: float
    name: float
    sure: float
    parts: dict[str, str]
    thing: Thing

    @property
    def quality(self) -> float:
        """Quality as far as this answer alone tells."""
        return max(0.0, self.name + self.sure - 1.0)

    def partly(self) -> "Answer":
        """Return the same answer to a part of the question only: never a confident one."""
        return replace(self, name=max(0.0, self.name - 0.16))

    def apart_m(self, other: "Answer") -> float:
        """Distance to another answer in metres."""
        return metres(self.lon, self.lat, other.lon, other.lat)


def merged(answers: list[Answer]) -> list[Answer]:
    """Best answer of each thing and label, best first."""
    best: dict[tuple[int, str], Answer] = {}
    for answer in answers:
        key = (answer.thing.id, answer.label)
        if key not in best or best[key].quality < answer.quality:
            best[key] = answer
    return sorted(best.values(), key=lambda answer: (-answer.quality, -answer.name, answer.label, answer.thing.id))


def offered(index: Index, answers: list[Answer], sent_back: str | None) -> list[Candidate]:
    """Candidates with labels that tell them apart; the one whose label was sent back verbatim is certain."""
    plausible = [answer for answer in answers if answer.quality >= PLAUSIBLE]
    labels = _labels(index, plausible)
    doubt = bool(plausible) and any(_rivals(plausible[0], other) for other in plausible[1:])
    found = []
    for place, (answer, label) in enumerate(zip(plausible, labels, strict=True)):
        quality = min(answer.quality, DOUBTFUL) if doubt or place else answer.quality
        if place and not doubt and answer.apart_m(plausible[0]) <= SAME_M:
            quality = answer.quality
        if sent_back is not None and plain(label) == plain(sent_back).strip():
            quality = 1.0
        parts = {**answer.parts, "how": answer.how}
        found.append(Candidate(answer.lon, answer.lat, label, round(answer.accuracy_m, 1), round(quality, 4), parts))
    return sorted(found, key=lambda candidate: -candidate.quality)


def _rivals(best: Answer, other: Answer) -> bool:
    """Tell whether another answer may as well be meant and lies elsewhere."""
    if best.apart_m(other) <= SAME_M:
        return False
    if other.quality >= best.quality - MARGIN:
        return True
    # of two streets of one name one has the number: that decides; a middle beside an estimate or a place does not
    return other.name >= best.name - MARGIN and best.how != "exact" and other.how in ("middle", "place")


def _labels(index: Index, answers: list[Answer]) -> list[str]:
    """Labels that can be sent back: a mark where the name alone does not say which place is meant."""
    labels = [_marked(index, answer) for answer in answers]
    for label in {label for label in labels if labels.count(label) > 1}:
        rows = [row for row, text in enumerate(labels) if text == label]
        near = [beside(index, answers[row].lon, answers[row].lat, answers[row].thing.name) for row in rows]
        for row, name in zip(rows, near, strict=True):
            point = f"{answers[row].lat:.5f} {answers[row].lon:.5f}"
            labels[row] = f"{label}, cerca de {name if name and near.count(name) == 1 else point}"
    return labels


def _marked(index: Index, answer: Answer) -> str:
    if answer.how == "place":
        return f"{answer.label} (lugar)" if index.is_street(normal(answer.label)) else answer.label
    if answer.how != "middle" and answer.sure < CONFIDENT:
        return f"{answer.label} (aproximado)"
    return answer.label
