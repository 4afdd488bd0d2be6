"""The parsers on real files: figures that were found in them independently of this code."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.master_identities import observations_by_security
from di_advisor.domain.observations import Status
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.domain.universe import Security, Universe
from di_data.esg.epa_bulk import POINT_SOURCES
from di_data.esg.epa_ghgrp import EpaGhgrp
from di_data.esg.epa_parents import companies_of_parents, scope_1_by_parent
from di_data.esg.esg_file import EsgFile
from di_data.esg.sbti import Sbti
from di_data.esg.table import table_of_measures
from di_data.frame.exchange import Content, Received

MEGATONNE = 1e6


def read(adapter, path: Path, content: Content):
    body = path.read_bytes()
    facts = adapter.facts
    return list(
        adapter.parse(body, Received.of_file(path, body, content, provider=facts.provider, licence=facts.licence))
    )


@pytest.fixture(scope="module")
def esg(shared: Path) -> Path:
    return shared / "data" / "esg"


@pytest.fixture(scope="module")
def ghgrp(esg: Path):
    emissions = read(EpaGhgrp(), esg / "epa_ghgp_data_2023.xlsx", Content.XLSX)
    return [*emissions, *read(EpaGhgrp(), esg / "epa_ghgrp_2023_facilities.csv", Content.CSV)]


@pytest.fixture(scope="module")
def points(ghgrp):
    return scope_1_by_parent(ghgrp, segments={POINT_SOURCES})


def test_direct_emissions_of_2023_and_what_has_a_parent(points):
    assert points.total_t / MEGATONNE == pytest.approx(2382.8, abs=0.05)
    assert points.attributed_t / MEGATONNE == pytest.approx(2134.7, abs=0.05)
    assert points.left_out["shares that are not known"] == 83
    assert points.left_out["rows of suppliers"] == 1004


def test_the_ten_largest_parents(points):
    top = [(o.subject.value.upper(), round(o.value / MEGATONNE, 1)) for o in points.observations[:10]]
    assert top == [
        ("VISTRA CORP", 86.3),
        ("DUKE ENERGY CORP", 64.6),
        ("THE SOUTHERN CO", 57.9),
        ("AMERICAN ELECTRIC POWER CO INC", 46.7),
        ("CPN MANAGEMENT LP", 45.6),
        ("NEXTERA ENERGY INC", 40.5),
        ("BERKSHIRE HATHAWAY INC", 33.7),
        ("ENTERGY CORP", 31.2),
        ("EXXON MOBIL CORP", 31.1),
        ("MARATHON PETROLEUM CORP", 28.4),
    ]


def test_attribution_agrees_with_the_published_join_facility_by_facility(esg, points):
    with (esg / "epa_ghgrp_2023_direct_by_parent.csv").open(encoding="utf-8", newline="") as file:
        joined = Counter()
        for row in csv.DictReader(file):
            joined[" ".join(row["PARENT COMPANY NAME"].upper().split())] += float(row["attributed_tco2e"] or 0)
    ours = {" ".join(o.subject.value.upper().split()): o.value for o in points.observations if o.value is not None}
    assert ours == pytest.approx({parent: t for parent, t in joined.items() if parent in ours})
    assert sum(t for parent, t in joined.items() if parent not in ours) == pytest.approx(0.0, abs=1e-6)


def test_networks_add_to_points_and_no_parent_loses_by_them(ghgrp, points):
    everything = scope_1_by_parent(ghgrp)
    assert everything.total_t > points.total_t
    wide = {o.subject.value.casefold(): o.value or 0.0 for o in everything.observations}
    assert all(wide[o.subject.value.casefold()] >= (o.value or 0.0) - 1e-6 for o in points.observations)


def test_parents_are_matched_to_index_members_by_exact_words_only(members, points):
    names = {key.removeprefix("S-"): name for key, (name, _) in members.items()}
    emissions = {o.subject.value: o.value or 0.0 for o in points.observations}
    matched = companies_of_parents(emissions, names)
    assert len(names) == 503
    assert 100 < len(set(matched.values())) < 140
    assert 800 < sum(emissions[parent] for parent in matched) / MEGATONNE < 950
    assert matched["DUKE ENERGY CORP"] == "DUK"


@pytest.fixture(scope="module")
def members(esg: Path) -> dict[str, tuple[str, float]]:
    """Name and part of the market value of the equities of an index fund, by our id."""
    with (esg / "ishares_IVV_holdings_2024-12-06.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) > 5 and row[3] == "Equity"]
    values = {row[0]: float(row[4].replace(",", "")) for row in rows}
    return {f"S-{row[0]}": (row[1], values[row[0]] / sum(values.values())) for row in rows}


def covered(members, observations, metric):
    """How many members a measure covers, and how much of their weight."""
    universe = Universe(tuple(Security(key, key.removeprefix("S-"), name) for key, (name, _) in members.items()))
    found = observations_by_security(SecurityMaster.of_universe(universe), observations, on=date(2024, 12, 6))
    known = max(o.known_on for o in found.observations)  # a file that states no day counts from its reading
    table = table_of_measures(found.observations, day=known).table
    (measure,) = table.of_topic(metric)
    return len(measure.values), sum(members[key][1] for key in measure.values)


@pytest.fixture(scope="module")
def targets(esg: Path):
    return read(Sbti(), esg / "sbti_companies_taking_action.xlsx", Content.XLSX)


def test_every_row_of_the_targets_is_a_company_with_its_status(targets):
    flags = [o for o in targets if o.metric == "sbti_target_set"]
    assert len(flags) == 14_907
    statuses = Counter(o.value for o in targets if o.metric == "sbti_near_term_status")
    assert statuses == {"Targets set": 11_156, "Committed": 2_408, "Commitment removed": 1_343}
    assert sum(o.value is True for o in flags) == 11_156


def test_the_row_of_apple(targets):
    apple = Identifier(IdentifierScheme.LEI, "HWUPKR0MPOU8FGXBT394")
    found = {o.metric: o for o in targets if o.subject == apple}
    assert found["sbti_near_term_classification"].value == "1.5°C"
    assert (found["sbti_near_term_year"].value, found["sbti_near_term_year"].note) == (2030.0, "FY2030")
    assert found["sbti_target_set"].known_on.isoformat() == "2021-05-06"


def test_codes_that_cannot_be_ones_are_not_used(targets):
    flags = [o for o in targets if o.metric == "sbti_target_set"]
    schemes = Counter(i.scheme for o in flags for i in (o.subject, *o.aliases))
    dropped = sum(o.note.count("is not used") for o in flags)
    assert 0 < dropped < 100
    assert schemes[IdentifierScheme.LEI] / len(flags) == pytest.approx(0.278, abs=0.01)
    assert schemes[IdentifierScheme.ISIN] / len(flags) == pytest.approx(0.199, abs=0.01)


def test_members_are_found_among_the_targets_by_exact_words_and_codes(members, targets):
    names, weight = covered(members, targets, "sbti_target_set")
    assert names == pytest.approx(209, abs=3)
    assert weight == pytest.approx(0.57, abs=0.01)


def test_members_are_found_among_the_risk_scores_by_ticker(esg, members):
    scores = read(EsgFile(), esg / "kaggle_sp500_esg_risk_ratings.csv", Content.CSV)
    names, weight = covered(members, scores, "esg_risk_score")
    assert names / len(members) == pytest.approx(0.813, abs=0.005)
    assert weight == pytest.approx(0.885, abs=0.005)


def test_a_table_of_risk_scores_is_known_by_its_columns_and_repeated_rows_count_once(esg):
    found = read(EsgFile(), esg / "kaggle_sp500_esg_risk_ratings.csv", Content.CSV)
    scores = {o.subject.value: o for o in found if o.metric == "esg_risk_score"}
    assert len(scores) == 429
    assert {o.status for o in scores.values()} == {Status.ESTIMATED}
    assert (scores["PM"].value, scores["GOOGL"].value) == (24.0, 24.0)
    assert scores["NWL"].note.startswith("band low")
