"""ESG as policy, without HTTP: alignment, gaps, scales, several providers, tilts with their reasons."""

from di_advisor.signals.esg.alignment import AlignedEsg, aligned_esg
from di_advisor.signals.esg.consensus import APART, Consensus, RankCorrelation, consensus
from di_advisor.signals.esg.disagreement import Disagreement, disagreements
from di_advisor.signals.esg.gaps import filled, thin_coverage
from di_advisor.signals.esg.scaled import in_points, sector_relative
from di_advisor.signals.esg.tilt import MissingScore, ScoreTilt, score_tilt

__all__ = [
    "APART",
    "AlignedEsg",
    "Consensus",
    "Disagreement",
    "MissingScore",
    "RankCorrelation",
    "ScoreTilt",
    "aligned_esg",
    "consensus",
    "disagreements",
    "filled",
    "in_points",
    "score_tilt",
    "sector_relative",
    "thin_coverage",
]
