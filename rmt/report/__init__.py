"""The main job: products of heavy-tailed Jacobians, sampled, beside their limit laws, as tables, figures and one page."""

from rmt.report.job import FULL, QUICK, Cell, Report, Settings, report

__all__ = ["FULL", "QUICK", "Cell", "Report", "Settings", "report"]
