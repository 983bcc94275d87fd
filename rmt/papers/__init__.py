"""The three papers, claim by claim: ``reproduce(paper, out=...)`` computes what the paper says and gives a verdict."""

from rmt.papers.claims import PAPERS, VERDICTS, Claim, reproduce, write_claims

__all__ = ["PAPERS", "VERDICTS", "Claim", "reproduce", "write_claims"]
