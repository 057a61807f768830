"""Muon (Jordan et al. 2024, github.com/KellerJordan/Muon) in float32, matrices of one shape together.

`torch.optim.Muon` orthogonalises in bfloat16, one matrix at a time; a CPU without bfloat16 arithmetic emulates it.
"""

from collections.abc import Callable, Iterable
from itertools import groupby

import torch
from torch import Tensor
from torch.nn import Parameter

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic Newton-Schulz iteration
ITERATIONS = 5


class Muon(torch.optim.Optimizer):
    """Momentum SGD whose updates are orthogonalised; for matrices only.

    The learning rate is scaled so that an update has the root mean square of an AdamW update (Liu et al. 2025, arXiv
    2502.16982, eq. 4): 0.2 sqrt(max(rows, columns)).
    """

    def __init__(self, matrices: Iterable[Parameter], lr: float, momentum: float = 0.95, weight_decay: float = 0.0):
        by_shape = sorted(matrices, key=lambda matrix: tuple(matrix.shape))
        super().__init__(by_shape, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:
        """One update from the gradients in place."""
        for group in self.param_groups:
            for _, alike in groupby(group["params"], key=lambda matrix: matrix.shape):
                self._update(list(alike), group["lr"], group["momentum"], group["weight_decay"])

    def _update(self, matrices: list[Parameter], lr: float, momentum: float, weight_decay: float) -> None:
        directions = []
        for matrix in matrices:
            average = self.state[matrix].setdefault("momentum", torch.zeros_like(matrix))
            average.lerp_(matrix.grad, 1 - momentum)
            directions.append(matrix.grad.lerp(average, momentum))  # Nesterov
        scale = lr * 0.2 * max(matrices[0].shape) ** 0.5
        for matrix, update in zip(matrices, orthogonalised(torch.stack(directions)), strict=True):
            matrix.mul_(1 - lr * weight_decay).sub_(update, alpha=scale)


def orthogonalised(matrices: Tensor) -> Tensor:
    """Close to U V^T for each U S V^T of a stack [n, rows, columns]; singular values end up between 0.5 and 1.5."""
    is_tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if is_tall else matrices
    x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
    a, b, c = COEFFICIENTS
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if is_tall else x
