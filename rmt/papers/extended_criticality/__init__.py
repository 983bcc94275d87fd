"""The experiments behind arXiv:2203.12967, one module an idea."""
