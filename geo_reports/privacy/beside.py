"""What is shown beside a report: answers, voices and photos, as far as everybody may see them."""

import pandas as pd

from geo_reports.city import City, read_answers
from geo_reports.report import Answers
from geo_reports.store import Store, voices

BESIDE_COLUMNS = ["answers", "voices", "photos"]


def beside(store: Store, city: City, found: pd.DataFrame) -> pd.DataFrame:
    """Columns ``BESIDE_COLUMNS`` for rows of the store with ``id`` and ``category``, in their order.

    ``answers`` are those to public questions, ``voices`` a number, ``photos`` the numbers of published photos.
    """
    ids = found.id.tolist()
    with store.reading() as connection:
        said, heard = voices.answers(connection, ids), voices.counts(connection, ids)
        shown = voices.published_photos(connection, ids)
    rows = [
        (public_answers(city, category, said.get(one)), heard.get(one, 0), list(shown.get(one, ())))
        for one, category in zip(ids, found.category, strict=True)
    ]
    return pd.DataFrame(rows, columns=BESIDE_COLUMNS, index=found.index)


def public_answers(city: City, category_id: str, kept: str | None) -> Answers:
    """Answers to the city's public questions about a category; what it no longer asks is left out."""
    category = city.categories.get(category_id)
    if category is None or not kept:
        return {}
    given = read_answers(kept)
    asked = [question.id for question in city.questions_of(category) if question.public]
    return {name: given[name] for name in asked if name in given}
