"""The classroom's tokenizer: byte-level BPE, which can write any text, with the corpus's words as single tokens."""

from itertools import islice

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from sampler.classroom.corpus import examples

END = "<|end|>"
VOCAB_LIMIT = 512


def build_tokenizer(seed: int, texts: int = 20_000) -> PreTrainedTokenizerFast:
    """A tokenizer learned from the first `texts` training examples; digits are always tokens of their own.

    At most VOCAB_LIMIT tokens: the end token, the 256 bytes, and the merges that make the corpus's words.
    """
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_LIMIT,
        special_tokens=[END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    sample = islice(examples(seed), texts)
    core.train_from_iterator((problem.prompt + solution.text for problem, solution in sample), trainer)
    return PreTrainedTokenizerFast(tokenizer_object=core, eos_token=END, clean_up_tokenization_spaces=False)
