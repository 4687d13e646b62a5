"""How many tokens a model reads where it reads a text: those of o200k_base, which ships in the wheel of ``rs-bpe``."""

from rs_bpe import openai

_tokenizer = openai.o200k_base()


def count(text: str) -> int:
    return int(_tokenizer.count(text))
