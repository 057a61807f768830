"""The forward pass of small Llama-type networks, written out: the same weights and numbers, several times sooner.

A step of a small network spends most of its time between its products. Here there are few operations, layers that read
the same input are one product, and what stands between products is NumPy's, whose operations start sooner than torch's.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from transformers import PreTrainedModel

from sampler.token_tree import Pass, Pool, TokenTree

KINDS = ("LlamaForCausalLM", "Qwen2ForCausalLM")
LARGEST = 16 * 2**20  # weights; the products of a larger network take nearly all of its time
AGREEMENT = 1e-3  # largest difference of logits at which both are the same network


class Product:
    """Linear layers that read the same rows (N, in) as one; the weight of a norm before them is folded in."""

    def __init__(self, layers: Sequence[torch.nn.Linear], norm: torch.nn.Module | None = None) -> None:
        weight = torch.cat([layer.weight for layer in layers])
        self.weight = (weight if norm is None else weight * norm.weight).t().contiguous()  # (in, out)
        self.bias = None if layers[0].bias is None else torch.cat([layer.bias for layer in layers])

    def reorder(self, order: np.ndarray) -> None:
        """Put the first outputs into another order."""
        self.weight[:, : len(order)] = self.weight[:, order]
        if self.bias is not None:
            self.bias[: len(order)] = self.bias[order]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return torch.mm(x, self.weight) if self.bias is None else torch.addmm(self.bias, x, self.weight)


class Layer:
    """One layer's products, and the shape of its attention."""

    def __init__(self, layer: torch.nn.Module) -> None:
        own = layer.self_attn
        projections = own.q_proj, own.k_proj, own.v_proj
        self.head_dim = own.head_dim
        self.heads, self.groups = (part.out_features // own.head_dim for part in projections[:2])
        self.project = Product(projections, layer.input_layernorm)
        self.project.reorder(interleaved(self.heads + self.groups, self.head_dim))
        self.leave = Product([own.o_proj])
        self.widen = Product([layer.mlp.gate_proj, layer.mlp.up_proj], layer.post_attention_layernorm)
        self.narrow = Product([layer.mlp.down_proj])

    def attended(self, x: np.ndarray, rotation: np.ndarray, mask: torch.Tensor, pool: Pool) -> np.ndarray:
        """What the tokens (N, width) take from the columns of their pass."""
        own = self.project(torch.from_numpy(x)).numpy().reshape(len(x), -1, self.head_dim)
        turned = rotated(own[:, : self.heads + self.groups], rotation)
        pool.put(turned[:, self.heads :], own[:, self.heads + self.groups :])
        keys, values = (torch.from_numpy(held).transpose(1, 2) for held in pool.taken())  # (G, groups, C, head)
        shape = (len(keys), -1, self.heads, self.head_dim)
        q = torch.from_numpy(turned[:, : self.heads]).view(shape).transpose(1, 2)
        seen = F.scaled_dot_product_attention(q, keys, values, attn_mask=mask, enable_gqa=self.heads != self.groups)
        return self.leave(seen.transpose(1, 2).reshape(len(x), -1)).numpy()

    def transformed(self, x: np.ndarray) -> np.ndarray:
        """What the gated layers make of the tokens (N, width)."""
        gate, up = self.widen(torch.from_numpy(x)).chunk(2, -1)
        return self.narrow(F.silu(gate).mul_(up)).numpy()


class Lean:
    """The pass of a module in KINDS over a tree of tokens."""

    @torch.no_grad()
    def __init__(self, module: PreTrainedModel) -> None:
        body = module.model
        self.embedding = body.embed_tokens.weight.detach().numpy()
        self.frequencies = body.rotary_emb.inv_freq.numpy()
        self.scale, self.eps = body.rotary_emb.attention_scaling, body.norm.variance_epsilon
        self.layers = [Layer(layer) for layer in body.layers]
        self.head = Product([module.lm_head], body.norm)

    @torch.inference_mode()
    def __call__(self, read: Pass, kept: np.ndarray | None = None) -> np.ndarray:
        """Logits [N, V] after each token of a pass, row after row, or [K, V] after chosen ones."""
        x = self.embedding[read.ids.ravel()]  # (N, width)
        rotation, mask = self._rotation(read.positions), torch.from_numpy(read.mask)
        for layer, pool in zip(self.layers, read.cache.layers, strict=True):
            x = x + layer.attended(self._normed(x), rotation, mask, pool)
            x = x + layer.transformed(self._normed(x))
        return self.head(torch.from_numpy(self._normed(x if kept is None else x[kept]))).numpy()

    def _normed(self, x: np.ndarray) -> np.ndarray:
        mean = np.einsum("nd,nd->n", x, x) / np.float32(x.shape[1])
        return x / np.sqrt(mean + np.float32(self.eps))[:, None]

    def _rotation(self, positions: np.ndarray) -> np.ndarray:
        """exp(i * angle), (N, 1, half a head), for the angle of each pair of coordinates at each position."""
        angles = positions.reshape(-1, 1, 1).astype(np.float32) * self.frequencies
        return np.exp(np.complex64(1j) * angles) * np.float32(self.scale)


def interleaved(heads: int, head_dim: int) -> np.ndarray:
    """The order in which the two coordinates that are turned together, half a head apart, stand side by side.

    The same for queries and keys, so their products stay.
    """
    pairs = np.arange(head_dim).reshape(2, -1).T.ravel()
    return (head_dim * np.arange(heads)[:, None] + pairs).ravel()


def rotated(x: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Heads (N, heads, head) turned by their positions' angles, two coordinates as one complex number."""
    return (np.ascontiguousarray(x).view(np.complex64) * rotation).view(np.float32)


def lean(module: PreTrainedModel) -> Lean | None:
    """The written-out pass of a module on a CPU, if it is small, of KINDS, in float32, and both agree on a text."""
    config, is_float = module.config, module.dtype is torch.float32 and module.device.type == "cpu"
    is_plain = not getattr(config, "use_sliding_window", False) and getattr(config, "hidden_act", "") == "silu"
    if type(module).__name__ not in KINDS or not is_float or not is_plain or module.num_parameters() > LARGEST:
        return None
    if module.model.rotary_emb.rope_type != "default":  # others may change with a text's length
        return None
    text = tuple(token % config.vocab_size for token in range(12))
    tree, own = TokenTree(config.num_hidden_layers), Lean(module)
    logits = own(tree.start([text[:length] for length in range(1, len(text) + 1)]))
    with torch.inference_mode():
        error = np.abs(logits - module(torch.tensor([text]), use_cache=False).logits[0].numpy()).max()
    return own if error < AGREEMENT else None
