"""Answers of R's packages on data that everybody can get: see ``reference/README.md``."""

from pathlib import Path

import geopandas as gpd
import libpysal
import numpy as np
import pandas as pd
import pytest

from geo_reports.analysis.getis_ord import getis_ord, getis_ord_star
from geo_reports.analysis.knox import knox
from geo_reports.analysis.local_moran import local_moran
from geo_reports.analysis.ripley import ripley_k
from geo_reports.analysis.significance import adjust

REFERENCE = Path(__file__).parent / "reference"
RTOL = 1e-9


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / f"{name}.csv")


@pytest.fixture(scope="module")
def spdep():
    return table("columbus_queen_localmoran_localG")


@pytest.fixture(scope="module")
def queen():
    return libpysal.weights.Queen.from_dataframe(
        gpd.read_file(libpysal.examples.get_path("columbus.shp")), use_index=False
    )


@pytest.mark.parametrize("transform", ["b", "r"])
def test_gi_star_and_gi_are_those_of_spdep(spdep, queen, transform):
    queen.transform = transform
    star = getis_ord_star(spdep.CRIME, queen)
    np.testing.assert_allclose(star.z, spdep.GiStar, rtol=RTOL)
    np.testing.assert_allclose(getis_ord(spdep.CRIME, queen).z, spdep.Gi, rtol=RTOL)
    expected = table("columbus_gistar_padjust")
    np.testing.assert_allclose(star.p, expected.p, rtol=RTOL)
    np.testing.assert_allclose(star.q, expected.fdr, rtol=RTOL)
    np.testing.assert_allclose(adjust(star.p, "holm"), expected.holm, rtol=RTOL)
    np.testing.assert_allclose(adjust(star.p, "bonferroni"), expected.bonf, rtol=RTOL)


def test_local_moran_and_its_moments_are_those_of_spdep(spdep, queen):
    ours = local_moran(spdep.CRIME, queen.sparse)
    for name, theirs in {"i": "Ii", "expected": "E.Ii", "variance": "Var.Ii", "z": "Z.Ii", "p": "P.Ii"}.items():
        np.testing.assert_allclose(ours[name], spdep[theirs], rtol=RTOL)


def test_permutations_of_local_moran_tend_to_its_moments(spdep, queen):
    analytic = local_moran(spdep.CRIME, queen)
    permuted = local_moran(spdep.CRIME, queen, permutations=9999, seed=1)
    error = np.sqrt(analytic.variance / 9999)
    assert (np.abs(permuted.expected - analytic.expected) < 5 * error).all()
    np.testing.assert_allclose(permuted.variance, analytic.variance, rtol=0.1)


@pytest.mark.parametrize(
    ("distance", "days", "observed", "expected", "p"),
    [(20, 5, 13, 10.14382, 0.1462456), (2.5, 60, 4, 2.653999, 0.1303231), (5, 30, 7, 4.689953, 0.1030525)],
)
def test_knox_is_that_of_surveillance(distance, days, observed, expected, p):
    cases = table("burkitt_cases")
    found = knox(cases.x, cases.y, cases.t, distance, days)
    assert found.observed == observed
    assert found.expected == pytest.approx(expected, rel=1e-6)
    assert found.p == pytest.approx(p, rel=1e-6)
    simulated = knox(cases.x, cases.y, cases.t, distance, days, permutations=1999, seed=1)
    assert simulated.p == pytest.approx(found.p_at_least, abs=0.05)


BOUNDS = {"redwood": (0, -1, 1, 0), "cells": (0, 0, 1, 1)}
COLUMNS = {"none": "un", "border": "border", "translation": "trans", "isotropic": "iso"}


@pytest.mark.parametrize("points", BOUNDS)
@pytest.mark.parametrize("correction", COLUMNS)
def test_ripley_is_that_of_spatstat(points, correction):
    at, theirs = table(f"pts_{points}"), table(f"ripleyK_{points}")
    ours = ripley_k(at.x, at.y, BOUNDS[points], theirs.r, correction)
    on_the_limit = (theirs.r == 0.1) & (points == "redwood")
    np.testing.assert_allclose(ours.k[~on_the_limit], theirs[COLUMNS[correction]][~on_the_limit], rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(ours.k[on_the_limit], theirs[COLUMNS[correction]][on_the_limit], rtol=0.01)
    np.testing.assert_allclose(ours.theoretical, theirs.theo, rtol=1e-12)
    if correction == "isotropic":
        np.testing.assert_allclose(ours.l[~on_the_limit], theirs.Liso[~on_the_limit], rtol=1e-6)
