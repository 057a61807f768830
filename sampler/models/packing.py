"""Linear layers whose weights no cache holds, packed by oneDNN for a few rows: half of torch's own time for 3 to 8."""

from collections.abc import Callable
from copy import deepcopy
from itertools import chain

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

LARGEST = 2**29  # weights of a module, since packed ones are a copy
IN_CACHE = 2**19  # weights of a layer; a larger one's come from memory each time
ROWS = 8  # that the packing is made for
HAS_ONEDNN = torch.backends.mkldnn.is_available()


def is_worth_packing(weight: torch.Tensor) -> bool:
    """Whether a layer's products are quicker by packed weights."""
    return HAS_ONEDNN and weight.numel() > IN_CACHE


def packed(weight: torch.Tensor, bias: torch.Tensor | None = None) -> Callable[[torch.Tensor], torch.Tensor]:
    """x (..., in) -> x @ weight.T + bias, for weights (out, in)."""
    held = torch.ops.mkldnn._reorder_linear_weight(weight, ROWS)
    return lambda x: torch.ops.mkldnn._linear_pointwise(x, held, bias, "none", [], "")


@torch.no_grad()
def with_packed_layers(module: PreTrainedModel) -> PreTrainedModel:
    """The module itself or, on a CPU, in float32 and not too large, one that shares all but its large linear layers."""
    is_float = module.dtype is torch.float32 and module.device.type == "cpu"
    if not is_float or module.num_parameters() > LARGEST:
        return module
    shared = chain(module.parameters(), module.buffers())
    quick = deepcopy(module, {id(tensor): tensor for tensor in shared})
    for layer in quick.modules():
        if type(layer) in (nn.Linear, Conv1D) and is_worth_packing(layer.weight):
            weight = layer.weight if type(layer) is nn.Linear else layer.weight.t().contiguous()
            layer.forward = packed(weight.detach(), None if layer.bias is None else layer.bias.detach())
    return quick
