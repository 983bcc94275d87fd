"""The main job: products of heavy-tailed Jacobians, sampled, beside their limit laws, as tables, figures and one page."""

from rmt.report.job import FULL, QUICK, report
from rmt.report.model import Cell, Outcome, Report, Row, Settings

__all__ = ["FULL", "QUICK", "Cell", "Outcome", "Report", "Row", "Settings", "report"]
