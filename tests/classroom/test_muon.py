"""The classroom's Muon against torch's own, which works in bfloat16."""

import pytest
import torch

from sampler.classroom.muon import Muon, orthogonalised

SHAPES = ((32, 96), (96, 32), (32, 32), (32, 96))


def test_takes_the_steps_of_torch():
    torch.manual_seed(0)
    ours = [torch.nn.Parameter(torch.randn(shape)) for shape in SHAPES]
    theirs = [torch.nn.Parameter(matrix.detach().clone()) for matrix in ours]
    muon = Muon(ours, lr=0.02, weight_decay=0.1)
    reference = torch.optim.Muon(theirs, lr=0.02, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    before = [matrix.detach().clone() for matrix in ours]
    for _ in range(3):
        for own, other in zip(ours, theirs, strict=True):
            own.grad = torch.randn_like(own)
            other.grad = own.grad.clone()
        muon.step()
        reference.step()
    for own, other, start in zip(ours, theirs, before, strict=True):
        moved = (own - start).norm()
        assert moved > 0.1
        assert (own - other).norm() < 0.02 * moved  # bfloat16 keeps 8 bits


@pytest.mark.parametrize("shape", SHAPES)
def test_singular_values_come_close_to_one(shape):
    torch.manual_seed(1)
    values = torch.linalg.svdvals(orthogonalised(torch.randn(2, *shape)))
    assert values.min() > 0.3 and values.max() < 1.4
