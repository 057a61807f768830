"""The forward pass of Llama-type networks, written out: the same weights and numbers, without the modules' overhead.

A step of a small model spends most of its time between its operations; here there are few of them.
"""

import torch
import torch.nn.functional as F
from transformers import Cache, PreTrainedModel

KINDS = ("LlamaForCausalLM", "Qwen2ForCausalLM")
AGREEMENT = 1e-3  # largest difference of logits, in float32, at which both are the same network


class Lean:
    """Logits of a module in KINDS; the arguments are those of the module's forward, the mask of booleans."""

    def __init__(self, module: PreTrainedModel) -> None:
        self.body, self.head = module.model, module.lm_head
        self.is_grouped = module.config.num_key_value_heads != module.config.num_attention_heads

    def __call__(
        self,
        input_ids: torch.Tensor,  # (R, W)
        attention_mask: torch.Tensor | None = None,  # (R, C), or (R, 1, W, C) if a token sees only chosen ones
        position_ids: torch.Tensor | None = None,  # (R, W)
        past_key_values: Cache | None = None,
        use_cache: bool = False,
        logits_to_keep: int | torch.Tensor = 0,  # the last ones (all if 0), or chosen ones
    ) -> torch.Tensor:
        x = F.embedding(input_ids, self.body.embed_tokens.weight)  # (R, W, width)
        width, past = input_ids.shape[1], past_key_values.get_seq_length() if past_key_values is not None else 0
        if position_ids is None:
            position_ids = torch.arange(past, past + width, device=x.device)[None]
        rotation = self._rotation(x, position_ids)
        mask = visible(attention_mask, width, past, x.device)
        for layer in self.body.layers:
            x = x + self._attended(layer.self_attn, _normed(layer.input_layernorm, x), rotation, mask, past_key_values)
            x = x + _transformed(layer.mlp, _normed(layer.post_attention_layernorm, x))
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        return _linear(self.head, _normed(self.body.norm, x[:, kept]))

    def _rotation(self, x: torch.Tensor, positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Cosines and signed sines (R, 1, W, head width): t * cos + (t rolled by half) * sin turns t."""
        cos, sin = self.body.rotary_emb(x, positions)
        half = sin.shape[-1] // 2
        return cos[:, None], torch.cat((-sin[..., :half], sin[..., half:]), -1)[:, None]

    def _attended(
        self,
        attention: torch.nn.Module,
        x: torch.Tensor,
        rotation: tuple[torch.Tensor, torch.Tensor],
        mask: torch.Tensor | None,
        cache: Cache | None,
    ) -> torch.Tensor:
        shape = (*x.shape[:2], -1, attention.head_dim)
        q, k, v = (_linear(part, x).view(shape).transpose(1, 2) for part in (
            attention.q_proj, attention.k_proj, attention.v_proj
        ))  # fmt: skip
        turned = torch.cat((q, k), 1)
        turned = torch.addcmul(turned * rotation[0], turned.roll(shape[-1] // 2, -1), rotation[1])
        q, k = turned[:, : q.shape[1]], turned[:, q.shape[1] :]
        if cache is not None:
            k, v = cache.update(k, v, attention.layer_idx)
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=self.is_grouped)
        return _linear(attention.o_proj, seen.transpose(1, 2).reshape(*x.shape[:2], -1))


def visible(mask: torch.Tensor | None, width: int, past: int, device: torch.device) -> torch.Tensor | None:
    """Which columns the last `width` tokens see, (1 or R, 1, W, C); None if all. Padding sees itself, not nothing."""
    if mask is not None and mask.ndim == 4:
        return mask
    if width == 1:
        return None if mask is None else mask[:, None, None, :]
    causal = torch.ones(width, past + width, dtype=torch.bool, device=device).tril(past)
    if mask is None:
        return causal[None, None]
    own = torch.eye(width, dtype=torch.bool, device=device)
    causal = causal & mask[:, None, None, :]
    causal[..., past:] |= own
    return causal


def _linear(layer: torch.nn.Linear, x: torch.Tensor) -> torch.Tensor:
    return F.linear(x, layer.weight, layer.bias)


def _normed(norm: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    return F.rms_norm(x, norm.weight.shape, norm.weight, norm.variance_epsilon)


def _transformed(mlp: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    return _linear(mlp.down_proj, F.silu(_linear(mlp.gate_proj, x)) * _linear(mlp.up_proj, x))


@torch.inference_mode()
def lean(module: PreTrainedModel) -> Lean | None:
    """The written-out pass of a module, if it is of a kind in KINDS, in float32, and both agree on a text."""
    config = module.config
    is_full = not getattr(config, "use_sliding_window", False) and getattr(config, "hidden_act", "") == "silu"
    if type(module).__name__ not in KINDS or module.dtype is not torch.float32 or not is_full:
        return None
    text = torch.arange(12, device=module.device)[None] % config.vocab_size
    own = Lean(module)
    error = (own(text) - module(input_ids=text, use_cache=False).logits).abs().max()
    return own if error < AGREEMENT else None
