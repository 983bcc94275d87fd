"""The experiments behind arXiv:2203.12967, one module an idea; `rmt.papers.arxiv_2203_12967.reproduce` runs them."""

__all__: list[str] = []
