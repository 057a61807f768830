"""The forward pass of Llama-type networks on a CPU, written out: the same weights and numbers, several times sooner.

A step of a small network spends most of its time between its matrix products. Here there are few operations, layers
that read the same input are one product, and nearly all of it is NumPy's, whose operations start sooner than torch's.
For example, the queries, keys and values of a layer are one product with three weights joined; the norm before it is
folded in, its factors into the weights and the root of the width too, so that `_normed` only divides by a length. The
rows of the queries and keys are reordered so that the two coordinates that a rotation turns together stand side by
side: then rotating is a multiplication of complex numbers, and products of queries and keys stay the same.
"""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from torch.nn.functional import linear
from transformers import PreTrainedModel

from sampler.models.token_tree import Pass, Pool, TokenTree

KINDS = ("LlamaForCausalLM", "Qwen2ForCausalLM")
LARGEST = 2**29  # weights of a network, since joined ones are a copy
IN_CACHE = 2**19  # weights of a product; a larger one's come from memory each time
AGREEMENT = 1e-3  # largest difference of logits at which both are the same network


class Product:
    """Linear layers that read the same rows (N, in) as one; the factors of a norm before them are folded in.

    The first outputs are put in the order `order` and multiplied by `scale`.
    """

    def __init__(
        self,
        layers: Sequence[torch.nn.Linear],
        norm: torch.nn.Module | None = None,
        order: Sequence[int] | np.ndarray = (),
        scale: Sequence[float] | np.ndarray = (),
    ) -> None:
        weight = torch.cat([layer.weight for layer in layers])  # (out, in)
        self.bias = None if layers[0].bias is None else torch.cat([layer.bias for layer in layers]).numpy()
        if norm is not None:
            weight *= norm.weight * weight.shape[1] ** 0.5
        if len(order):
            weight[: len(order)] = weight[order] * torch.tensor(scale)[:, None]
        if len(order) and self.bias is not None:
            self.bias[: len(order)] = self.bias[order] * scale
        self.weight = weight if weight.numel() > IN_CACHE else weight.t().contiguous().numpy()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        if isinstance(self.weight, torch.Tensor):  # which is quicker with weights that no cache holds
            made = linear(torch.from_numpy(x), self.weight).numpy()
        else:
            made = np.dot(x, self.weight)
        if self.bias is not None:
            made += self.bias
        return made


class Layer:
    """One layer's products, and the shape of its attention."""

    def __init__(self, layer: Any) -> None:  # a decoder layer of transformers, which types none of its parts
        own = layer.self_attn
        projections = own.q_proj, own.k_proj, own.v_proj
        self.head_dim = own.head_dim
        self.heads, self.groups = (part.out_features // own.head_dim for part in projections[:2])
        pairs = np.arange(self.head_dim).reshape(2, -1).T.ravel()  # half a head apart, they come to stand side by side
        order = (self.head_dim * np.arange(self.heads + self.groups)[:, None] + pairs).ravel()
        scale = np.repeat(
            np.array([own.scaling, 1], np.float32), [self.heads * self.head_dim, self.groups * self.head_dim]
        )
        self.project = Product(projections, layer.input_layernorm, order, scale)
        self.leave = Product([own.o_proj])
        self.widen = Product([layer.mlp.gate_proj, layer.mlp.up_proj], layer.post_attention_layernorm)
        self.narrow = Product([layer.mlp.down_proj])

    def attended(self, x: np.ndarray, rotation: np.ndarray, unseen: np.ndarray, pool: Pool) -> np.ndarray:
        """What the tokens (N, width) take from the columns of their pass."""
        queries, keys = self.heads * self.head_dim, self.groups * self.head_dim
        own = self.project(x)  # (N, queries, keys and values)
        pairs = own[:, : queries + keys].view(np.complex64).reshape(len(own), -1, rotation.shape[-1])
        pairs *= rotation  # in place: two coordinates as one complex number
        pool.put(own[:, queries:])
        held = pool.tokens.take(pool.columns, 0)  # (G, C, keys and values)
        q = own[:, :queries].reshape(len(held), -1, self.groups, self.heads // self.groups, self.head_dim)
        k, v = held.reshape(*held.shape[:2], 2, self.groups, 1, self.head_dim).transpose(2, 0, 3, 4, 5, 1)
        weights = q.transpose(0, 2, 3, 1, 4) @ k  # (G, groups, heads of each, Q, C)
        weights += unseen
        weights -= np.maximum.reduce(weights, axis=-1, keepdims=True)
        np.exp(weights, out=weights)
        seen = weights @ v.swapaxes(-1, -2)
        seen /= np.add.reduce(weights, axis=-1, keepdims=True)
        return self.leave(seen.transpose(0, 3, 1, 2, 4).reshape(len(x), queries))

    def transformed(self, x: np.ndarray) -> np.ndarray:
        """What the gated layers make of the tokens (N, width)."""
        wide = self.widen(x)
        gate, up = wide[:, : wide.shape[1] // 2], wide[:, wide.shape[1] // 2 :]
        up *= gate
        np.negative(gate, out=gate)
        np.exp(gate, out=gate)
        gate += 1
        up /= gate  # silu(gate) * up
        return self.narrow(up)


class Lean:
    """The pass of a module in KINDS over a tree of tokens."""

    @torch.no_grad()
    def __init__(self, module: PreTrainedModel) -> None:
        body = cast(Any, module.model)
        self.embedding = body.embed_tokens.weight.detach().numpy()
        self.frequencies = body.rotary_emb.inv_freq.numpy()
        self.scale = np.float32(body.rotary_emb.attention_scaling)
        self.eps = np.float32(body.norm.variance_epsilon * self.embedding.shape[1])
        self.layers = [Layer(layer) for layer in body.layers]
        self.head = Product([module.lm_head], body.norm)

    @np.errstate(over="ignore")  # a gate far below 0 lets nothing pass
    def __call__(self, read: Pass, kept: np.ndarray | None = None) -> np.ndarray:
        """Logits [N, V] after each token of a pass, row after row, or [K, V] after chosen ones."""
        x = self.embedding[read.ids.ravel()]  # (N, width)
        angles = read.positions.reshape(-1, 1, 1).astype(np.float32) * self.frequencies  # (N, 1, half a head)
        rotation = np.exp(np.complex64(1j) * angles) * self.scale
        unseen = np.where(read.mask[:, :, None], np.float32(0), np.float32(-np.inf))  # (G, 1, 1, Q, C)
        for layer, pool in zip(self.layers, cast(list[Pool], read.cache.layers), strict=True):
            x += layer.attended(self._normed(x), rotation, unseen, pool)
            x += layer.transformed(self._normed(x))
        return self.head(self._normed(x if kept is None else x[kept]))

    def _normed(self, x: np.ndarray) -> np.ndarray:
        """Each token divided by its length, with the norm's epsilon; the root of its width is in the next product."""
        squares: np.ndarray = np.vecdot(x, x)[:, None]
        squares += self.eps
        normed: np.ndarray = x / np.sqrt(squares, out=squares)
        return normed


def lean(module: PreTrainedModel) -> Lean | None:
    """The written-out pass of a module of KINDS on a CPU, if it is float32, not too large, and both agree on a text."""
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
