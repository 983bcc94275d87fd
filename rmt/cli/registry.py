"""The commands: their names, modules and one line of help each, so that ``rmt --help`` imports none of them."""

from __future__ import annotations

import dataclasses

__all__ = ["COMMANDS", "Command"]


@dataclasses.dataclass(frozen=True)
class Command:
    """A command of the command line.

    Its module has ``add_arguments(parser)`` and ``run(arguments) -> int``, and may have ``EPILOG`` (examples).

    Parameters
    ----------
    name : str
        What the user types.
    summary : str
        One line for ``rmt --help``.
    """

    name: str
    summary: str

    @property
    def module(self) -> str:
        """The module that implements it."""
        return f"rmt.cli.{self.name}_command"


COMMANDS = {
    command.name: command
    for command in (
        Command(
            "report", "theory beside Monte Carlo for a grid of (alpha, sigma_w, depth): tables, figures, report.html"
        ),
        Command("compare", "one law against samples from a file, or sampled here: errors, pulls, p-value"),
        Command("table", "tables of the theory, and any CSV as LaTeX, Markdown or HTML"),
        Command("phase", "phase diagram of signal propagation: theory lines and the grid behind them"),
        Command("weights", "the weights of a trained network: stable fits with errors, rivals, tails, spectra"),
        Command("reproduce", "the numbers and figures of one of the papers, claim by claim"),
        Command("sweep", "run a parameter sweep described in a TOML file, resumable and in parts"),
        Command("about", "versions of everything that enters a number"),
    )
}
