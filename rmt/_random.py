"""Random streams: the same seed gives the same numbers, whatever the number of workers, their order or the executor."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["RandomState", "cell_seed", "generator", "streams"]

# What every `rng=` argument accepts (scientific-python SPEC 7).
RandomState = int | np.random.Generator | np.random.SeedSequence | np.random.BitGenerator | None


def generator(rng: RandomState = None) -> np.random.Generator:
    """The first line of every function that draws: a Generator from a seed, a Generator or None."""
    return np.random.default_rng(rng)


def streams(rng: RandomState, count: int) -> list[np.random.Generator]:
    """``count`` independent generators, one per realisation; realisation i gets the same stream on any number of workers."""
    return list(generator(rng).spawn(count))


def canonical_json(content: Mapping[str, Any]) -> str:
    """JSON with sorted keys and shortest round-trip floats: equal content, equal text."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def cell_seed(root: int, content: Mapping[str, Any]) -> np.random.SeedSequence:
    """Seed of one cell of a sweep: a pure function of the root seed and the cell's content, never of its position."""
    digest = hashlib.sha256(canonical_json({"root": int(root), "content": dict(content)}).encode()).digest()
    return np.random.SeedSequence([int.from_bytes(digest[i : i + 4], "little") for i in range(0, 32, 4)])
