"""Few reports and many are counted alike."""

import numpy as np
import sqlalchemy as sa

from geo_reports.geography import morton
from geo_reports.store import tally
from geo_reports.store.schema import counter, pyramid, unit


def counted(connection):
    tables = (counter, pyramid)
    rows = [sorted(map(tuple, connection.execute(sa.select(table)))) for table in tables]
    for table in tables:
        connection.execute(sa.delete(table))
    return rows


def test_few_are_counted_as_many_are(store):
    random = np.random.default_rng(1)
    n = tally.FEW + 1
    units = random.integers(1, 4, (n, 2))
    keys = morton.keys(random.uniform(-70.1, -69.9, n), random.uniform(-33.1, -32.9, n))
    category = random.choice(["rubble", "household"], n).tolist()
    status = random.choice(["received", "held"], n).tolist()
    month = random.choice([0, 202609, 202610], n)
    with store.writing() as connection:
        connection.execute(sa.insert(unit), [{"layer": "l", "version": "", "unit": f"u{i}"} for i in range(3)])
        tally.count(connection, units, keys, category, status, month)
        many = counted(connection)
        for rows in (slice(0, tally.FEW - 1), slice(tally.FEW - 1, None)):
            tally.count(connection, units[rows], keys[rows], category[rows], status[rows], month[rows])
        assert counted(connection) == many
    assert sum(row[-1] for row in many[0]) == 2 * n
